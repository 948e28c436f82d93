import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Finding } from '../../workflows/domain/check.ts';
import type { EtcdObservation } from '../../workflows/domain/observation.ts';
import { hold } from './cluster-finding.ts';

const CHECK = 'worker-disk';
const MIB = 1024 * 1024;
/** Beside the database itself. */
const SPARE_MIB = 1024;

/** Whether the snapshot of etcd has room where this worker keeps it. Nothing where there is no snapshot to keep. */
export async function workerDiskFindings(stateDir: string, etcd: EtcdObservation): Promise<readonly Finding[]> {
  const database = Math.ceil(Math.max(0, ...etcd.members.map(({ dbSize }) => dbSize)) / MIB);
  if (database === 0) return [];
  const needed = database + SPARE_MIB;
  const free = await freeMib(stateDir);
  if (free >= needed) return [hold(CHECK, `The worker's folder ${stateDir} has room for a snapshot of etcd (${database} MiB).`)];
  return [{
    check: CHECK, severity: 'block', node: null,
    message: `The worker's folder ${stateDir} has ${free} MiB free, and a snapshot of etcd (${database} MiB) needs ${needed} MiB.`,
    next: 'Free space there, or start the worker with another CAPSTAN_STATE_DIR.',
  }];
}

/** Of the nearest folder that is there: the worker makes its own when it needs it. */
async function freeMib(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return Math.floor((bavail * bsize) / MIB);
  } catch (error) {
    const above = dirname(folder);
    if (above === folder) throw error;
    return freeMib(above);
  }
}
