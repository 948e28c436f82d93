import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Files of one host, by absolute path: on the disk where a real shell reads them, else in memory. */
export interface HostFiles {
  /** Null where there is no such file. */
  read(path: string): string | null;
  /** What is no text; null where there is no such file. */
  readBytes(path: string): Buffer | null;
  /** Makes the folders above it too. */
  write(path: string, content: string | Buffer, mode?: number): void;
  makeFolder(path: string): void;
  /** A symbolic link, in the place of what is there; of files in memory an empty file, since no shell follows it. */
  link(path: string, target: string): void;
  /** Names in a folder, sorted; empty where it is not there. */
  list(path: string): readonly string[];
  exists(path: string): boolean;
  isFile(path: string): boolean;
  /** A file, or a folder with all that is in it. */
  remove(path: string): void;
  /** Number of the file as `/proc/locks` names it; 0 where files have none. */
  inode(path: string): number;
}

/** Mode of folders, whatever the umask of whoever runs the twin: the scripts run nothing from a folder that others may write. */
const FOLDER_MODE = 0o755;

export function diskFiles(): HostFiles {
  return {
    read: (path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return null;
      }
    },
    readBytes: (path) => {
      try {
        return readFileSync(path);
      } catch {
        return null;
      }
    },
    write: (path, content, mode) => {
      mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
      writeFileSync(path, content);
      if (mode !== undefined) chmodSync(path, mode);
    },
    makeFolder: (path) => { mkdirSync(path, { recursive: true, mode: FOLDER_MODE }); },
    link: (path, target) => {
      mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
      rmSync(path, { force: true });
      symlinkSync(target, path);
    },
    list: (path) => {
      try {
        return readdirSync(path).toSorted();
      } catch {
        return [];
      }
    },
    exists: existsSync,
    isFile: (path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true,
    remove: (path) => { rmSync(path, { recursive: true, force: true }); },
    inode: (path) => statSync(path, { throwIfNoEntry: false })?.ino ?? 0,
  };
}

/** A tree in memory: a thousand hosts need no thousand folders. */
export function memoryFiles(): HostFiles {
  const contents = new Map<string, string | Buffer>();
  const folders = new Map<string, Set<string>>();

  function makeFolder(path: string): void {
    if (folders.has(path)) return;
    folders.set(path, new Set());
    enter(path);
  }
  function enter(path: string): void {
    const above = dirname(path);
    if (above === path) return;
    makeFolder(above);
    folders.get(above)?.add(path.slice(above === '/' ? 1 : above.length + 1));
  }
  function remove(path: string): void {
    for (const name of folders.get(path) ?? []) remove(`${path}/${name}`);
    folders.delete(path);
    contents.delete(path);
    const above = dirname(path);
    folders.get(above)?.delete(path.slice(above === '/' ? 1 : above.length + 1));
  }
  return {
    read: (path) => contents.get(path)?.toString('utf8') ?? null,
    readBytes: (path) => {
      const content = contents.get(path);
      return content === undefined ? null : Buffer.from(content);
    },
    write: (path, content) => {
      contents.set(path, content);
      enter(path);
    },
    makeFolder,
    link: (path) => {
      contents.set(path, '');
      enter(path);
    },
    list: (path) => [...(folders.get(path) ?? [])].toSorted(),
    exists: (path) => contents.has(path) || folders.has(path),
    isFile: (path) => contents.has(path),
    remove,
    inode: () => 0,
  };
}
