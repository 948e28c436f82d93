import type { RestoreActivities } from '../../activities/restore/port.ts';

async function refused(): Promise<never> {
  throw new Error('this double restores no cluster');
}

/** For doubles of a worker that is never asked to restore a cluster. */
export const NO_RESTORE: RestoreActivities = {
  planRestore: refused, prepareRestore: refused, stopControlPlane: refused, restoreControlPlane: refused, startControlPlane: refused, restoreWorker: refused, verifyRestore: refused,
};
