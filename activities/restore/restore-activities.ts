import { readEtcd } from '../etcd/read-etcd.ts';
import { createPlanRestore } from './plan-restore.ts';
import type { PlanRestoreOptions } from './plan-restore.ts';
import type { RestoreActivities } from './port.ts';
import type { HostActivityOptions } from '../packages/package-step.ts';
import { createRestoreSteps } from './restore-steps.ts';
import { createVerifyRestore } from './verify-restore.ts';

/** Activities of a restore of a whole cluster. */
export function createRestoreActivities(options: PlanRestoreOptions & HostActivityOptions): RestoreActivities {
  return {
    planRestore: createPlanRestore(options),
    ...createRestoreSteps(options),
    verifyRestore: createVerifyRestore({ ...options, readEtcd }),
  };
}
