import { CancellationScope } from '@temporalio/workflow';
import { api } from './activity-options.ts';
import type { ClusterRunner } from './cluster-run.ts';
import { continueWhereFull } from './continue.ts';
import { isSkipped } from './domain/control.ts';
import { nextNode, orderByDrain, widthNow } from './domain/next-node.ts';
import type { WindowNode } from './domain/next-node.ts';
import { compareNames } from './domain/order.ts';
import type { PlannedNode, PlannedPhase } from './domain/plan.ts';
import { openDrainWatch } from './drain-watch.ts';
import { failureOf } from './failures.ts';
import { windowOf } from './forward.ts';
import { passOver, upgradeHeldNode } from './hold.ts';
import { workersGoBack } from './rollback-decisions.ts';
import { nextRollback, rollBackWorkers } from './rollback-workers.ts';
import { fillSlots, MOST_IN_FLIGHT } from './slots.ts';
import { stageNodes } from './stage-nodes.ts';

/** How soon drains are looked at again while all that is pending would wait for one in flight; the pause doubles. */
const BLOCKED_MS = 20_000;
const LONGEST_BLOCKED_MS = 5 * 60_000;

/** Worker pools in the spec's order, each through its window of slots, refilled as nodes finish. A held node keeps its slot, and nothing new starts. */
export async function upgradeWorkers(run: ClusterRunner): Promise<void> {
  const phases = run.state.plan.phases.filter((phase) => phase.phase === 'workers');
  // Nodes that came while the upgrade was paused.
  if (phases.flatMap((phase) => phase.groups.flat()).some((name) => isToStage(run, name))) await stageNodes(run);
  await taintPending(run, phases);
  for (const phase of phases) {
    await continueWhereFull(run);
    if (workersGoBack(run)) break;
    await upgradePool(run, phase);
  }
  await rollBackWorkers(run, 'node');
  await releaseTaints(run);
}

function isToStage(run: ClusterRunner, name: string): boolean {
  const { state, step, staged } = run.node(name);
  return !staged && (state === 'pending' || (state === 'held' && step === 'stageNode'));
}

/** Pods evicted from a worker should go to one that is upgraded already. Without this they only move more often. */
async function taintPending(run: ClusterRunner, phases: readonly PlannedPhase[]): Promise<void> {
  const nodes = phases.flatMap((phase) => phase.groups.flat()).filter((name) => run.node(name).state === 'pending');
  // A last worker has nowhere to send its pods but to those that are done.
  if (run.state.tainted || nodes.length < 2) return;
  run.state.tainted = true;
  try {
    await run.step('taintNodes', () => api.taintNodes.executeWithOptions({ summary: `Soft taint on ${nodes.length} workers to come` }, [{ upgrade: run.upgrade, nodes }]));
  } catch (error) {
    if (CancellationScope.current().consideredCancelled) throw error;
    const { message, next = null } = failureOf(error);
    run.state.findings = [...run.state.findings, { check: 'soft-taint', severity: 'warn', node: null, message: `Workers to come did not get their soft taint, so pods may move more than once: ${message}`, next }];
  }
}

/** Takes the soft taint off every node that still has it; at the end of the workers, and whatever way the upgrade ends. */
export async function releaseTaints(run: ClusterRunner): Promise<void> {
  if (!run.state.tainted) return;
  await run.step('releaseTaints', () => api.releaseTaints.executeWithOptions({ summary: 'Take the soft taint off' }, [{ upgrade: run.upgrade }]));
  run.state.tainted = false;
}

async function upgradePool(run: ClusterRunner, phase: PlannedPhase): Promise<void> {
  const nodes = phase.groups.flat().map(run.planned);
  const [first] = nodes;
  if (first === undefined) return;
  // Asked anew each time: a person may set it while the pool is upgraded.
  const fullWidth = (): number => Math.min(windowOf(run, first), MOST_IN_FLIGHT);
  const drains = openDrainWatch(run, first, () => fullWidth() > 1 && nodes.length > 1);
  const inPool = run.state.plan.nodes.filter(({ pool }) => pool === phase.pool);
  let pending = nodes.filter((node) => run.node(node.name).state === 'pending');
  let isOpen = false;
  let queue: readonly WindowNode[] = [];
  let blockedMs = BLOCKED_MS;
  let isBlocked = false;
  const inFlight = (): readonly PlannedNode[] => nodes.filter(({ name }) => run.open.has(name));

  async function look(): Promise<void> {
    await drains.refresh([...inFlight(), ...pending].map((node) => node.name));
    order();
    run.show();
  }

  function order(): void {
    const ordered = orderByDrain(pending.map(drains.windowNode), compareNames);
    // Down already by a former upgrade: as long as they are, they take the places of others.
    const isDown = ({ name }: WindowNode): boolean => run.planned(name).takenOver === true;
    queue = [...ordered.filter(isDown), ...ordered.filter((node) => !isDown(node))];
  }

  function next(): PlannedNode | null {
    dropSkipped();
    if (workersGoBack(run)) pending = [];
    const back = nextRollback(run, 'node');
    if (back !== null) return back;
    if (pending.length === 0 || !run.maySchedule()) return null;
    isOpen ||= inPool.some(({ name }) => run.node(name).state === 'done');
    const width = widthNow(fullWidth(), isOpen);
    if (run.open.size >= width) return null;
    if (drains.isStale(isBlocked ? blockedMs : undefined)) void look();
    const limits = { width, perZone: phase.maxUnavailablePerZone ?? {}, allowed: drains.allowed() };
    const picked = nextNode(limits, queue, inFlight().map(drains.windowNode));
    blockedMs = isBlocked && picked === null ? Math.min(blockedMs * 2, LONGEST_BLOCKED_MS) : BLOCKED_MS;
    isBlocked = picked === null;
    if (picked === null) return null;
    queue = queue.filter((node) => node !== picked);
    pending = pending.filter((node) => node.name !== picked.name);
    return run.planned(picked.name);
  }

  function dropSkipped(): void {
    const { control } = run.state;
    if (control.skip.length === 0) return;
    const skipped = pending.filter((node) => isSkipped(control, node.name));
    if (skipped.length === 0) return;
    pending = pending.filter((node) => !skipped.includes(node));
    queue = queue.filter(({ name }) => !isSkipped(control, name));
    for (const { name } of skipped) passOver(run, name);
  }

  order();
  // The first choice is made with knowledge; later ones do not wait for it.
  if (pending.length > 0 && drains.isStale()) await look();
  await fillSlots(run, {
    resumed: inFlight(), next, isEmpty: () => pending.length === 0,
    askAgainMs: () => (isBlocked && pending.length > 0 && run.maySchedule() && drains.isStale(0) ? blockedMs : null),
    body: (node) => upgradeHeldNode(run, node, drains.windowNode(node).budgets.length > 0),
  });
}
