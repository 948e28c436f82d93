import { readFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const IN_MEMORY = '/dev/shm';
const ROOM_BYTES = 2 * 1024 ** 3;

/**
 * Where the hosts of a test's twins have their files: in memory where this machine has room for that, since to make and remove
 * their thousands of small files is a tenth of all work on a disk; else where temporary files are.
 */
export function scratchFolder(): string {
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize >= ROOM_BYTES && mayRunPrograms() ? IN_MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** A container's may be mounted so that no program runs from it. */
function mayRunPrograms(): boolean {
  const mount = readFileSync('/proc/self/mounts', 'utf8').split('\n').map((line) => line.split(' ')).findLast((fields) => fields[1] === IN_MEMORY);
  return mount?.[3] !== undefined && !mount[3].split(',').includes('noexec');
}
