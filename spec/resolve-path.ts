/**
 * An absolute path for `path` as written in a spec that lies in `folder`; `~` and `~/…` are kept, because only the
 * worker knows its home.
 *
 * @param folder Absolute; a trailing slash does not matter.
 */
export function resolvePath(folder: string, path: string): string {
  if (path === '~' || path.startsWith('~/')) return path;
  return normalise(path.startsWith('/') ? path : `${folder}/${path}`);
}

/** Folder of a file; the folder itself is absolute where the file is. */
export function folderOf(file: string): string {
  const end = file.lastIndexOf('/');
  return end === -1 ? '.' : file.slice(0, Math.max(1, end));
}

function normalise(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
