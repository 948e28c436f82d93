/** Shorter words are in ordinary text as well: hiding them would hide what happened. */
const SHORTEST = 8;
/** Credentials are replaced every few minutes, and a worker lives for months. */
const MOST = 2_000;

/** Secrets that this process has read, by value and in the forms in which programs repeat them; the newest come last. */
const known = new Set<string>();
let byLength: readonly string[] | null = null;

/** Lets no text with this secret leave an activity, whatever form it has. A text of several lines is known by each of them too. */
export function rememberSecret(secret: string | null | undefined): void {
  if (secret === null || secret === undefined) return;
  for (const form of formsOf(secret)) {
    if (form.length < SHORTEST) continue;
    if (!known.delete(form)) byLength = null;
    known.add(form);
  }
  for (const oldest of known) {
    if (known.size <= MOST) break;
    known.delete(oldest);
    byLength = null;
  }
}

/** The longest first: one secret may be part of another. */
export function knownSecrets(): readonly string[] {
  byLength ??= [...known].toSorted((left, right) => right.length - left.length);
  return byLength;
}

function formsOf(secret: string): readonly string[] {
  const lines = secret.split(/\s*\n\s*/);
  return [secret, secret.trim(), ...(lines.length > 1 ? lines : []), encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64')];
}
