import type { ClusterRunner } from './cluster-run.ts';
import type { Finding } from './domain/check.ts';
import { nextNode } from './domain/next-node.ts';
import type { WindowNode } from './domain/next-node.ts';
import { compareNames } from './domain/order.ts';
import type { PlannedNode } from './domain/plan.ts';
import { restoreCommand } from './domain/restore-words.ts';
import type { RollbackScope } from './domain/rollback.ts';
import { windowOf } from './forward.ts';
import { upgradeHeldNode } from './hold.ts';
import { mustGoBack, workersGoBack } from './rollback-decisions.ts';
import { fillSlots, MOST_IN_FLIGHT } from './slots.ts';

/**
 * Takes upgraded workers back that were decided about, the newest first, through the window of their pool. The scope `node` leaves
 * off where all workers are to go back: those have a phase of their own.
 */
export async function rollBackWorkers(run: ClusterRunner, scope: RollbackScope): Promise<void> {
  const isOpen = (node: PlannedNode): boolean => run.open.has(node.name);
  await fillSlots(run, {
    resumed: run.state.plan.nodes.filter((node) => node.pool !== null && isOpen(node)),
    next: () => nextRollback(run, scope), isEmpty: () => waiting(run, scope).length === 0, askAgainMs: () => null,
    body: (node) => upgradeHeldNode(run, node),
  });
}

/** Tells people what an upgrade whose workers went back leaves. */
export function rolledBackFinding({ spec: { name: cluster }, state: { id, plan, nodes, control: { rollbacks } } }: ClusterRunner): Finding {
  const back = nodes.filter((node) => node.state === 'rolled-back').length;
  const decision = rollbacks.find(({ scope }) => scope === 'workers');
  return {
    check: 'rolled-back', severity: 'warn', node: null, next: 'find the cause; then `capstan start` upgrades the workers again',
    message: `${back} ${back === 1 ? 'worker is' : 'workers are'} back at what ran before, as ${decision?.by ?? 'somebody'} decided${decision === undefined || decision.reason === '' ? '' : ` (${decision.reason})`}. `
      + `The control plane stays at ${plan.to}: it cannot go back without restoring the etcd snapshot (\`${restoreCommand(cluster, id)}\`), and the version skew policy allows the older kubelets`,
  };
}

/** The next upgraded worker to go back now; null where none may. */
export function nextRollback(run: ClusterRunner, scope: RollbackScope): PlannedNode | null {
  const nodes = waiting(run, scope);
  if (nodes.length === 0 || !run.maySchedule() || run.open.size >= MOST_IN_FLIGHT) return null;
  return nodes.find((node) => hasRoom(run, node)) ?? null;
}

function waiting(run: ClusterRunner, scope: RollbackScope): readonly PlannedNode[] {
  const { control: { rollbacks }, plan } = run.state;
  if (rollbacks.length === 0 || (scope === 'node' && workersGoBack(run))) return [];
  const since = (node: PlannedNode): string => run.node(node.name).since ?? '';
  return plan.nodes.filter((node) => run.node(node.name).state === 'done' && mustGoBack(run, node))
    .toSorted((left, right) => compareNames(since(right), since(left)) || compareNames(left.name, right.name));
}

/** Whether the window of its pool has room for the node, those on their way up included. */
function hasRoom(run: ClusterRunner, node: PlannedNode): boolean {
  const phase = run.state.plan.phases.find((each) => each.phase === 'workers' && each.pool === node.pool);
  if (phase === undefined) return false;
  const inFlight = run.state.plan.nodes.filter(({ name, pool }) => pool === node.pool && run.open.has(name)).map(windowNode);
  return nextNode({ width: windowOf(run, node), perZone: phase.maxUnavailablePerZone ?? {}, allowed: [] }, [windowNode(node)], inFlight) !== null;
}

function windowNode({ name, zone }: PlannedNode): WindowNode {
  return { name, zone, drainSeconds: 0, budgets: [] };
}
