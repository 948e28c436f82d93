import { drainFactsOf } from '../../../activities/nodes/observe-drains.ts';
import { withTaint } from '../../../activities/nodes/pending-taint.ts';
import { windowNode } from '../../../workflows/domain/drain-facts.ts';
import { drainPolicy } from '../../../workflows/domain/drain-policy.ts';
import { nextNode, orderByDrain } from '../../../workflows/domain/next-node.ts';
import type { WindowNode } from '../../../workflows/domain/next-node.ts';
import { compareNames } from '../../../workflows/domain/order.ts';
import type { PlannedNode, PlannedPhase, UpgradePlan } from '../../../workflows/domain/plan.ts';
import { DRAIN_FACTS_MS } from './engine-times.ts';
import { upgradeNode } from './upgrade-node.ts';
import type { NodeContext, NodeOutcome } from './upgrade-node.ts';

/** Marks every worker that is still to be upgraded, so that what is evicted rather goes to finished ones. */
export function taintWorkers({ world }: NodeContext, plan: UpgradePlan): void {
  for (const node of plan.nodes) {
    const known = node.changes && !node.roles.includes('control-plane') ? world.node(node.name) : null;
    if (known === null) continue;
    const taints = withTaint(known);
    world.changeNode(node.name, (spec) => ({ ...spec, taints }));
  }
}

/** One pool through its window: the same choice of the next node as the engine's. */
export async function upgradePool(context: NodeContext, plan: UpgradePlan, phase: PlannedPhase, ended: (node: string, outcome: NodeOutcome) => void): Promise<void> {
  const { world, spec } = context;
  const planned = new Map(plan.nodes.map((node) => [node.name, node]));
  const pending = new Map(phase.groups.flat().flatMap((name) => {
    const node = planned.get(name);
    return node === undefined ? [] : [[name, node] as const];
  }));
  const inFlight = new Map<string, PlannedNode>();
  const drained = new Set<string>();
  const running = new Set<Promise<void>>();
  let facts = readFacts();

  interface Facts {
    readonly atMs: number;
    readonly allowed: readonly number[];
    readonly nodes: ReadonlyMap<string, WindowNode>;
    readonly order: readonly WindowNode[];
  }

  function readFacts(): Facts {
    const nodes = [...pending.values(), ...inFlight.values()];
    const [first] = nodes;
    if (first === undefined) return { atMs: world.now(), allowed: [], nodes: new Map(), order: [] };
    const { allowed, rows } = drainFactsOf(nodes.map(({ name }) => name), drainPolicy(spec, first), world.budgets(), world.allPods());
    const seen = nodes.map((node, index) => windowNode(node.name, node.zone, rows[index]));
    return { atMs: world.now(), allowed, nodes: new Map(seen.map((node) => [node.name, node])), order: orderByDrain(seen.filter(({ name }) => pending.has(name)), compareNames) };
  }

  function choose(): PlannedNode | null {
    if (pending.size > 0 && world.now() - facts.atMs > DRAIN_FACTS_MS) facts = readFacts();
    const limits = { width: phase.maxUnavailable, perZone: phase.maxUnavailablePerZone ?? {}, allowed: facts.allowed };
    const candidates = facts.order.filter(({ name }) => pending.has(name));
    const busy = [...inFlight.values()].map((node): WindowNode => {
      const known = facts.nodes.get(node.name) ?? { name: node.name, zone: node.zone, drainSeconds: 0, budgets: [] };
      return drained.has(node.name) ? { ...known, budgets: [] } : known;
    });
    const next = nextNode(limits, candidates, busy);
    return next === null ? null : pending.get(next.name) ?? null;
  }

  async function run(node: PlannedNode): Promise<void> {
    const outcome = await upgradeNode({ ...context, onDrained: (name) => { drained.add(name); wake(); } }, node);
    inFlight.delete(node.name);
    ended(node.name, outcome);
  }

  let wake = (): void => undefined;
  while (pending.size > 0 || running.size > 0) {
    const { promise: news, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    for (let node = choose(); node !== null; node = choose()) {
      pending.delete(node.name);
      inFlight.set(node.name, node);
      const task: Promise<void> = run(node).finally(() => running.delete(task));
      running.add(task);
    }
    if (running.size > 0) await Promise.race([news, ...running]);
  }
}
