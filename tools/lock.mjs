import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const POLL_MS = 200;
const GIVE_UP_MS = 15 * 60_000;

/**
 * Runs `work` while no other process on this machine holds the lock of that name.
 * The lock of a process that is gone is taken over.
 * @throws Error after 15 minutes of waiting; it names the holder.
 */
export function withLock(name, work) {
  const locks = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'capstan', 'locks');
  mkdirSync(locks, { recursive: true });
  const file = join(locks, `${name}.pid`);
  acquire(file);
  try {
    return work();
  } finally {
    rmSync(file, { force: true });
  }
}

function acquire(file) {
  const deadline = Date.now() + GIVE_UP_MS;
  for (;;) {
    if (create(file)) return;
    const holder = holderOf(file);
    if (holder !== undefined && !isAlive(holder) && removeStale(file, holder)) continue;
    if (Date.now() > deadline) throw new Error(`${file} is held by process ${holder ?? 'unknown'} for more than 15 minutes. Next: end that process, or remove the file.`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
  }
}

function create(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Of several that wait, one removes the file, and only while it still names the process that is gone. */
function removeStale(file, holder) {
  const guard = `${file}.removing`;
  try {
    mkdirSync(guard);
  } catch {
    return false;
  }
  try {
    if (holderOf(file) === holder) rmSync(file, { force: true });
    return true;
  } finally {
    rmSync(guard, { recursive: true, force: true });
  }
}

/** Undefined while the holder has made the file and not yet written its number. */
function holderOf(file) {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
