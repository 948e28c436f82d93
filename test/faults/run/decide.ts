import type { UpgradeClient } from '../../../client/temporal/port.ts';
import type { Random } from '../../../simulator/random.ts';
import type { NodeStep, Role } from '../../../workflows/domain/state.ts';
import type { NodeStatus } from '../../../workflows/domain/status.ts';
import type { HoldDecision } from '../invariants/events.ts';
import { NOBODY, unlessRefused } from './speak.ts';
import { pick } from './words.ts';

/** How often each is chosen, where it is possible. */
const WEIGHTS = { retry: 4, 'retry-from': 1, skip: 3, rollback: 1, 'force-drain': 2 } as const satisfies Readonly<Record<HoldDecision, number>>;

/** Steps of a node's own workflow in their order, by role. */
const WORKER_STEPS: readonly NodeStep[] = ['upgradeKubeadm', 'drainNode', 'upgradeKubelet', 'waitNodeReady', 'uncordonNode'];
const CONTROL_PLANE_STEPS: readonly NodeStep[] = ['upgradeKubeadm', 'upgradeEtcdMember', 'upgradeControlPlane', 'drainNode', 'upgradeKubelet', 'waitNodeReady', 'uncordonNode'];

export interface Choice {
  readonly decision: HoldDecision;
  /** Of `retry-from`. */
  readonly from: NodeStep | null;
}

/** What the person of a seed decides about a held node. `mayGiveUp` false keeps it in the upgrade. */
export function choose(node: Pick<NodeStatus, 'roles' | 'step'>, random: Random, mayGiveUp: boolean): Choice {
  const earlier = stepsUpTo(node.step, node.roles);
  const isWorker = !node.roles.includes('control-plane');
  const possible: readonly HoldDecision[] = [
    'retry',
    ...(earlier.length > 0 ? ['retry-from'] as const : []),
    ...(isWorker && mayGiveUp ? ['skip'] as const : []),
    ...(isWorker && mayGiveUp && node.step !== 'stageNode' ? ['rollback'] as const : []),
    ...(isWorker && node.step === 'drainNode' ? ['force-drain'] as const : []),
  ];
  const decision = pick(random, possible.flatMap((each) => Array.from<HoldDecision>({ length: WEIGHTS[each] }).fill(each)));
  return { decision, from: decision === 'retry-from' ? pick(random, earlier) : null };
}

/** The steps from which a node that failed at `failed` may be tried again. */
function stepsUpTo(failed: NodeStep | null, roles: readonly Role[]): readonly NodeStep[] {
  const steps = roles.includes('control-plane') ? CONTROL_PLANE_STEPS : WORKER_STEPS;
  return failed === null ? [] : steps.slice(0, steps.indexOf(failed) + 1);
}

/** Says the decision; a plain retry where the upgrade refuses it, which is always possible. */
export async function decideAs({ decision, from }: Choice, node: string, client: UpgradeClient, cluster: string): Promise<void> {
  const said = { node, by: NOBODY, reason: 'by the seed' };
  const retry = (): Promise<void> => client.send(cluster, { kind: 'retryNode', message: said });
  const orRetry = async (ask: () => Promise<unknown>): Promise<void> => {
    if (!await unlessRefused(ask)) await unlessRefused(retry);
  };
  switch (decision) {
    case 'retry': return orRetry(retry);
    case 'skip': return orRetry(() => client.send(cluster, { kind: 'skipNode', message: said }));
    case 'retry-from': return orRetry(() => client.update(cluster, { kind: 'resolveHold', message: { ...said, decision: 'retry', ...(from === null ? {} : { from }) } }));
    case 'rollback': return orRetry(() => client.update(cluster, { kind: 'resolveHold', message: { ...said, decision: 'rollback' } }));
    case 'force-drain': return orRetry(() => client.update(cluster, { kind: 'resolveHold', message: { ...said, decision: 'force-drain', confirm: cluster } }));
  }
}
