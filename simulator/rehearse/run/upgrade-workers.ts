import { drainFactsOf } from '../../../activities/nodes/observe-drains.ts';
import { withTaint } from '../../../activities/nodes/pending-taint.ts';
import { NO_DRAIN_FACTS, windowNode } from '../../../workflows/domain/drain-facts.ts';
import type { DrainFacts } from '../../../workflows/domain/drain-facts.ts';
import { drainPolicy } from '../../../workflows/domain/drain-policy.ts';
import { nextNode, orderByDrain, widthNow } from '../../../workflows/domain/next-node.ts';
import type { WindowNode } from '../../../workflows/domain/next-node.ts';
import { compareNames } from '../../../workflows/domain/order.ts';
import type { PlannedNode, PlannedPhase, UpgradePlan } from '../../../workflows/domain/plan.ts';
import { BLOCKED_MS, DRAIN_FACTS_MS, LONGEST_BLOCKED_MS, MOST_IN_FLIGHT, NODES_PER_DRAIN_FACTS } from './engine-times.ts';
import { upgradeNode } from './upgrade-node.ts';
import type { NodeContext, NodeOutcome } from './upgrade-node.ts';

/** Marks the workers that are still to be upgraded, so that what is evicted rather goes to finished ones. A single one has no other to prefer. */
export function taintWorkers({ world }: NodeContext, plan: UpgradePlan): void {
  const workers = plan.nodes.filter((node) => node.changes && !node.roles.includes('control-plane'));
  for (const { name } of workers.length < 2 ? [] : workers) {
    const known = world.node(name);
    if (known === null) continue;
    const taints = withTaint(known);
    world.changeNode(name, (spec) => ({ ...spec, taints }));
  }
}

/** One pool through its window: the same choice of the next node as the engine's, by the same facts of the same age. */
export async function upgradePool(context: NodeContext, plan: UpgradePlan, phase: PlannedPhase, ended: (node: string, outcome: NodeOutcome) => void): Promise<void> {
  const { world } = context;
  const planned = new Map(plan.nodes.map((node) => [node.name, node]));
  let pending = phase.groups.flat().flatMap((name) => planned.get(name) ?? []);
  const window = openWindow(context, plan, phase, pending);
  const inFlight = new Map<string, PlannedNode>();
  let wake = (): void => undefined;

  async function run(node: PlannedNode): Promise<void> {
    const onDrained = (name: string): void => {
      window.drained.add(name);
      wake();
    };
    const outcome = await upgradeNode({ ...context, onDrained }, node);
    inFlight.delete(node.name);
    if (outcome.node.state === 'done') window.open();
    ended(node.name, outcome);
    wake();
  }

  const failures: unknown[] = [];
  while (pending.length > 0 || inFlight.size > 0) {
    const { promise: news, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    for (let node = window.next(pending, inFlight); node !== null; node = window.next(pending, inFlight)) {
      const { name } = node;
      pending = pending.filter((other) => other.name !== name);
      inFlight.set(name, node);
      run(node).catch((error: unknown) => {
        failures.push(error);
        resolve();
      });
    }
    const callOff = window.askAgainMs() === null ? null : world.clock.after(window.askAgainMs() ?? 0, resolve);
    await news;
    callOff?.();
    if (failures.length > 0) throw failures[0];
  }
}

interface PoolWindow {
  readonly drained: Set<string>;
  /** To be called once a node of the pool is finished. */
  open(): void;
  next(pending: readonly PlannedNode[], inFlight: ReadonlyMap<string, PlannedNode>): PlannedNode | null;
  /** When to ask again although nothing changed; null never. */
  askAgainMs(): number | null;
}

function openWindow({ world, spec }: NodeContext, plan: UpgradePlan, phase: PlannedPhase, nodes: readonly PlannedNode[]): PoolWindow {
  const fullWidth = Math.min(phase.maxUnavailable, MOST_IN_FLIGHT);
  const [first] = nodes;
  const policy = first === undefined ? null : drainPolicy(spec, first);
  // A pool that goes one at a time has nothing to be told apart by.
  const isWanted = fullWidth > 1 && nodes.length > 1 && policy?.enabled === true;
  const freshMs = DRAIN_FACTS_MS * Math.max(1, plan.nodes.length / NODES_PER_DRAIN_FACTS);
  const drained = new Set<string>();
  let facts: DrainFacts = NO_DRAIN_FACTS;
  let places = new Map<string, number>();
  let readMs: number | null = null;
  let order: readonly string[] = [];
  let blockedMs = BLOCKED_MS;
  let isBlocked = false;
  let isOpen = plan.nodes.some((node) => node.pool === phase.pool && !node.changes);

  function read(pending: readonly PlannedNode[], inFlight: ReadonlyMap<string, PlannedNode>): void {
    const names = [...inFlight.keys(), ...pending.map(({ name }) => name)];
    if (policy !== null) facts = drainFactsOf(names, policy, world.budgets(), world.allPods());
    places = new Map(names.map((name, index) => [name, index]));
    readMs = world.now();
    order = [];
  }

  function seen({ name, zone }: PlannedNode): WindowNode {
    const place = places.get(name);
    return windowNode(name, zone, place === undefined || drained.has(name) ? undefined : facts.rows[place]);
  }

  function next(pending: readonly PlannedNode[], inFlight: ReadonlyMap<string, PlannedNode>): PlannedNode | null {
    const width = widthNow(fullWidth, isOpen);
    if (pending.length === 0 || inFlight.size >= width) {
      isBlocked = false;
      return null;
    }
    if (isWanted && (readMs === null || world.now() - readMs >= (isBlocked ? blockedMs : freshMs))) read(pending, inFlight);
    const byName = new Map(pending.map((node) => [node.name, node]));
    if (order.length === 0) order = orderByDrain(pending.map(seen), compareNames).map(({ name }) => name);
    const queue = order.flatMap((name) => byName.get(name) ?? []);
    const limits = { width, perZone: phase.maxUnavailablePerZone ?? {}, allowed: facts.allowed };
    const picked = nextNode(limits, queue.map(seen), [...inFlight.values()].map(seen));
    blockedMs = isBlocked && picked === null ? Math.min(blockedMs * 2, LONGEST_BLOCKED_MS) : BLOCKED_MS;
    isBlocked = picked === null;
    return picked === null ? null : byName.get(picked.name) ?? null;
  }

  return { drained, open: () => { isOpen = true; }, next, askAgainMs: () => (isBlocked && isWanted ? blockedMs : null) };
}
