import { nextControlPlaneNode } from '../../../workflows/domain/control-plane-order.ts';
import type { PlannedNode, UpgradePlan } from '../../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../../workflows/domain/spec.ts';
import { createVirtualClock } from '../../clock.ts';
import type { ClusterDescription } from '../../description.ts';
import { ENGINE_TIMES } from './engine-times.ts';
import type { DrainRecord, NodeRecord, RunRecord } from './record.ts';
import { stageNode, upgradeNode } from './upgrade-node.ts';
import type { NodeContext, NodeOutcome } from './upgrade-node.ts';
import { taintWorkers, upgradePool } from './upgrade-workers.ts';
import { watchCluster } from './watch-cluster.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

/** Virtual time begins here: every run is the same whenever it is made. */
const BEGIN_MS = Date.UTC(2026, 0, 5, 8);

export interface RunOptions {
  readonly description: ClusterDescription;
  readonly plan: UpgradePlan;
  readonly spec: UpgradeSpec;
  /** Node whose etcd member leads; null takes the plan's order. */
  readonly etcdLeader: string | null;
  readonly seed: number;
  /** False leaves out the taint on nodes still to be upgraded, to see what it is good for. Default true. */
  readonly pendingTaint?: boolean;
}

/** The whole upgrade on a twin of its own, in virtual time. The same seed gives the same record. */
export function runUpgrade(options: RunOptions): Promise<RunRecord> {
  const clock = createVirtualClock(BEGIN_MS);
  const world = createWorld(options.description, clock, options.seed);
  return clock.run(() => upgrade(world, options)).finally(() => world.stop());
}

async function upgrade(world: World, { description, plan, spec, etcdLeader, pendingTaint = true }: RunOptions): Promise<RunRecord> {
  const { timings } = description;
  const context: NodeContext = { world, spec, timings, onDrained: () => undefined };
  const watch = watchCluster(world, plan);
  const nodes = new Map<string, NodeRecord>();
  const drains: DrainRecord[] = [];
  const ended = (name: string, outcome: NodeOutcome): void => {
    nodes.set(name, outcome.node);
    drains.push(...outcome.drains);
  };
  await world.sleepFor(ENGINE_TIMES.preflight, 'preflight');
  if (plan.etcd.kind === 'stacked') await world.sleepFor(timings.snapshot, 'snapshot');
  await stageAll(context, plan.nodes.filter((node) => node.changes), spec.staging.width);
  const stagedMs = world.now();
  for (const node of controlPlaneOrder(plan, etcdLeader)) ended(node.name, await upgradeNode(context, node));
  if (pendingTaint) taintWorkers(context, plan);
  for (const phase of plan.phases) if (phase.phase === 'workers') await upgradePool(context, plan, phase, ended);
  await world.sleepFor(ENGINE_TIMES.verify, 'verify');
  return { finishMs: world.now(), stagedMs, nodes, drains, pending: watch.pending(), evictions: watch.evictions(), down: watch.down, available: watch.available };
}

async function stageAll(context: NodeContext, nodes: readonly PlannedNode[], width: number): Promise<void> {
  const left = [...nodes];
  const lane = async (): Promise<void> => {
    for (let node = left.shift(); node !== undefined; node = left.shift()) await stageNode(context, node);
  };
  await Promise.all(Array.from({ length: Math.min(width, nodes.length) }, lane));
}

/** Followers in the plan's order, the leader last, as the engine chooses before each node. */
function controlPlaneOrder(plan: UpgradePlan, leader: string | null): readonly PlannedNode[] {
  const pending = plan.phases.filter(({ phase }) => phase === 'control-plane').flatMap(({ groups }) => groups.flat());
  const order: PlannedNode[] = [];
  while (pending.length > 0) {
    const next = nextControlPlaneNode(pending, pending.length > 1 ? leader : null);
    pending.splice(pending.indexOf(next ?? ''), 1);
    const node = plan.nodes.find(({ name }) => name === next);
    if (node !== undefined) order.push(node);
  }
  return order;
}
