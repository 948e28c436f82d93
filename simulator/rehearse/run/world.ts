import type { DisruptionBudget, Node, Pod } from '../../../activities/kubernetes/objects.ts';
import { createClusterModel } from '../../api/cluster-model.ts';
import type { SimulatedCluster } from '../../api/cluster-model.ts';
import type { Clock } from '../../clock.ts';
import type { ClusterDescription, Timing } from '../../description.ts';
import type { ApiObject, StoreEvent } from '../../model.ts';
import { randomOf } from '../../random.ts';

/** The twin while it is upgraded: what the engine would read of it, and waiting for changes instead of looking again and again. */
export interface World {
  readonly clock: Clock;
  readonly cluster: SimulatedCluster;
  /** Milliseconds since the upgrade began. */
  now(): number;
  node(name: string): Node | null;
  podsOn(node: string): readonly Pod[];
  allPods(): readonly Pod[];
  budgets(): readonly DisruptionBudget[];
  changeNode(name: string, change: (spec: Node['spec']) => Node['spec']): void;
  /** Resolves with the next change of the node or its pods, or after `timeoutMs`; where `withBudgets`, of any budget too. */
  changed(node: string, timeoutMs: number | null, withBudgets: boolean): Promise<void>;
  /** A time by the seed, for this purpose. */
  draw(timing: Timing, ...purpose: readonly string[]): number;
  sleepFor(timing: Timing, ...purpose: readonly string[]): Promise<void>;
  stop(): void;
}

export function createWorld(description: ClusterDescription, clock: Clock, seed: number): World {
  const cluster = createClusterModel({ description, clock, seed, heartbeats: false });
  const beganMs = clock.now();
  const waiting = new Map<string, Set<() => void>>();
  const waitingForBudgets = new Set<() => void>();
  let budgets: readonly DisruptionBudget[] | null = null;

  function wake(waiters: Set<() => void> | undefined): void {
    for (const waiter of [...(waiters ?? [])]) waiter();
  }

  const unsubscribe = cluster.store.subscribe((event) => {
    if (event.resource === 'poddisruptionbudgets') {
      budgets = null;
      wake(waitingForBudgets);
      return;
    }
    for (const node of nodesOf(event)) wake(waiting.get(node));
  });

  function changed(node: string, timeoutMs: number | null, withBudgets: boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const own = waiting.get(node) ?? new Set();
    waiting.set(node, own);
    let callOff = (): void => undefined;
    const done = (): void => {
      own.delete(done);
      waitingForBudgets.delete(done);
      callOff();
      resolve();
    };
    own.add(done);
    if (withBudgets) waitingForBudgets.add(done);
    if (timeoutMs !== null) callOff = clock.after(timeoutMs, done);
    return promise;
  }

  const draw = (timing: Timing, ...purpose: readonly string[]): number => randomOf(seed, ...purpose).lognormal(timing.meanMs, timing.variation);
  return {
    clock, cluster, changed, draw,
    now: () => clock.now() - beganMs,
    node: (name) => seen<Node>(cluster.store.get('nodes', null, name)),
    podsOn: (node) => cluster.index.onNode(node).map((pod) => certain<Pod>(pod)),
    allPods: () => cluster.store.list('pods').map((pod) => certain<Pod>(pod)),
    budgets: () => (budgets ??= cluster.store.list('poddisruptionbudgets').map((budget) => certain<DisruptionBudget>(budget))),
    changeNode: (name, change) => {
      cluster.store.update('nodes', null, name, (object) => ({ ...object, spec: change(certain<Node>(object).spec) }));
    },
    sleepFor: (timing, ...purpose) => clock.sleep(draw(timing, ...purpose)),
    stop: () => {
      unsubscribe();
      cluster.stop();
    },
  };
}

function nodesOf({ resource, object, previous }: StoreEvent): readonly string[] {
  switch (resource) {
    case 'nodes': return [object.metadata.name];
    case 'pods': {
      const names = [object, ...(previous === undefined ? [] : [previous])].flatMap((pod) => certain<Pod>(pod).spec.nodeName ?? []);
      return [...new Set(names)];
    }
    default: return [];
  }
}

/** The twin fills in all that the API fills in: its objects are as the engine reads them. */
export function certain<T>(object: ApiObject): T {
  return object as unknown as T;
}

function seen<T>(object: ApiObject | null): T | null {
  return object === null ? null : certain<T>(object);
}
