import type { ClusterDump } from '../workflows/domain/cluster-dump.ts';
import type { UpgradePlan } from '../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../workflows/domain/spec.ts';
import { CommandError, usageError } from './command-error.ts';
import { InspectionError } from './inspection-error.ts';

/** What a rehearsal begins with. */
export interface PlanSource {
  readonly plan: UpgradePlan;
  /** Null where the plan changes nothing. */
  readonly dump: ClusterDump | null;
}

/** Plan and twin of a dump. Failures as those of reading a cluster. */
export async function readDump(spec: UpgradeSpec, folder: string): Promise<PlanSource> {
  const { planOfDump } = await import('../simulator/rehearse/main.ts');
  const result = await explained(() => planOfDump(spec, folder));
  if (result.ok) return { plan: result.plan, dump: result.dump };
  const [first, ...others] = result.failures;
  if (first === undefined) throw new CommandError(`the dump ${folder} could not be planned`);
  throw new InspectionError({ ...first, message: [first, ...others].map(({ message }) => message).join('\n') });
}

/** An error of the rehearsal in the form of every other command. */
export async function explained<T>(body: () => Promise<T>): Promise<T> {
  const { RehearsalError } = await import('../simulator/rehearse/main.ts');
  try {
    return await body();
  } catch (error) {
    if (error instanceof RehearsalError) throw error.kind === 'usage' ? usageError(error.message, error.next) : new CommandError(error.message, { next: error.next });
    // What is wrong with the spec, or with a file that it names, is said as a worker says it.
    const { failureOfError } = await import('./temporal/failures.ts');
    const failure = failureOfError(error);
    throw failure.type === 'Unexpected' ? error : new InspectionError(failure);
  }
}
