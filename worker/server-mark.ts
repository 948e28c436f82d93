import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';

/**
 * Which embedded server runs at a port, and whose it is, in a file beside its state. A server whose `capstan dev` was killed goes on
 * for a moment: whoever starts then must neither use it nor open its state.
 */
export interface ServerMark {
  /** The process that ends when the server has ended. */
  readonly server: ProcessMark;
  /** Who started it; null from when it was told to end. */
  readonly owner: ProcessMark | null;
}

/** A number alone may be another process's by now. */
export interface ProcessMark {
  readonly pid: number;
  /** Ticks of the machine at which it began; empty where the machine does not tell. */
  readonly began: string;
}

export async function writeMark(file: string, mark: ServerMark): Promise<void> {
  await writeFile(file, JSON.stringify(mark), { mode: 0o600 });
}

/** The server that the file tells of, while it lives; null otherwise. */
export async function livingServer(file: string): Promise<ServerMark | null> {
  const mark = await readMark(file);
  return mark !== null && lives(mark.server) ? mark : null;
}

/** True where nobody will keep the server up. */
export function isEnding({ owner }: ServerMark): boolean {
  return owner === null || !lives(owner);
}

/** Where there is no such process, its mark is of nobody who lives. */
export function markOf(pid: number | undefined): ProcessMark {
  return { pid: pid ?? 0, began: beginOf(pid ?? 0) };
}

export function lives({ pid, began }: ProcessMark): boolean {
  if (pid <= 0 || beginOf(pid) !== began) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function readMark(file: string): Promise<ServerMark | null> {
  try {
    const mark: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isMark(mark) ? mark : null;
  } catch {
    return null;
  }
}

function isMark(value: unknown): value is ServerMark {
  return typeof value === 'object' && value !== null && 'server' in value && isProcess(value.server) && 'owner' in value && (value.owner === null || isProcess(value.owner));
}

function isProcess(value: unknown): value is ProcessMark {
  return typeof value === 'object' && value !== null && 'pid' in value && Number.isInteger(value.pid) && 'began' in value && typeof value.began === 'string';
}

/** Field 22 of /proc/PID/stat; the name before it may hold blanks and brackets. A process that has ended and is not yet taken note of does not live. */
function beginOf(pid: number): string {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return fields[0] === 'Z' ? 'ended' : fields[19] ?? '';
  } catch {
    return '';
  }
}
