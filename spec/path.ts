/** Keys and list places from the document's root to a value. */
export type KeyPath = readonly (string | number)[];

/** `spec.pools[0].selector.matchLabels["example.org/pool"]`. */
export function formatPath(path: KeyPath): string {
  return path.map((key, index) => {
    if (typeof key === 'number') return `[${key}]`;
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(key)) return `[${JSON.stringify(key)}]`;
    return index === 0 ? key : `.${key}`;
  }).join('');
}

/** The path that `formatPath` wrote; what cannot be read ends it. */
export function parsePath(text: string): KeyPath {
  const path: (string | number)[] = [];
  const part = /\.?([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    const [, key, place, quoted] = match;
    if (key !== undefined) path.push(key);
    else if (place !== undefined) path.push(Number(place));
    else path.push(unquote(quoted ?? ''));
  }
  return path;
}

function unquote(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}
