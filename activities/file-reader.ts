import { readFile, stat } from 'node:fs/promises';

/** Text of a file, in UTF-8. @throws as `readFile` */
export type ReadFile = (file: string) => Promise<string>;

interface Known {
  readonly state: string;
  readonly text: string;
}

/**
 * A file that changed less than so many milliseconds ago may change once more without a sign of it: the clock of a file system
 * goes in steps, of up to two seconds.
 */
const SETTLED_MS = 3_000;

/** Reads files that every activity asks for and that hardly ever change: a file is read again where its inode says that it changed. */
export function createFileReader(): ReadFile {
  const known = new Map<string, Known>();
  return async (file) => {
    const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = await stat(file, { bigint: true });
    const state = [dev, ino, size, mtimeNs, ctimeNs].join(' ');
    const former = known.get(file);
    if (former?.state === state) return former.text;
    const isSettled = Date.now() - Number(ctimeMs) > SETTLED_MS;
    const text = await readFile(file, 'utf8');
    if (isSettled) known.set(file, { state, text });
    return text;
  };
}
