import { gunzipSync } from 'node:zlib';

/** What a secret looks like: a key, a certificate's key in a kubeconfig, a token, a password, a join token of kubeadm, a signed token. */
const SECRET = /-----BEGIN [A-Z ]*PRIVATE KEY|client-key-data|\bbearer\b|"(?:token|password|passphrase|apiKey|authorization)":"|\b[a-z0-9]{6}\.[a-z0-9]{16}\b|\beyJ[\w-]{8,}\.eyJ/i;

/** Places in a history whose text, payloads unpacked, looks like a secret; those under `access` that hold more than a reference as well. */
export function findSecrets(value: unknown, path = ''): readonly string[] {
  if (typeof value === 'string') return SECRET.test(value) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  const text = payloadText(value);
  if (text !== null) return [...(SECRET.test(text) ? [path] : []), ...inlineAccess(parsed(text), path)];
  return Object.entries(value).flatMap(([key, inner]) => findSecrets(inner, `${path}/${key}`));
}

/** What a payload holds; null where the value is none. */
export function payloadText(value: object): string | null {
  if (!('data' in value) || typeof value.data !== 'string' || !('metadata' in value)) return null;
  const { metadata } = value;
  const encoding = typeof metadata === 'object' && metadata !== null && 'encoding' in metadata ? Buffer.from(String(metadata.encoding), 'base64').toString() : '';
  const data = Buffer.from(value.data, 'base64');
  return (encoding === 'binary/gzip' ? gunzipSync(data) : data).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Every kubeconfig and key is named by a file or a variable and nothing else. */
function inlineAccess(value: unknown, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const isReference = !['kubeconfig', 'privateKey', 'knownHosts'].includes(key) || inner === null || isFileOrVariable(inner);
    return [...(isReference ? [] : [`${path}/${key}`]), ...inlineAccess(inner, `${path}/${key}`)];
  });
}

function isFileOrVariable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).every((key) => key === 'file' || key === 'env');
}
