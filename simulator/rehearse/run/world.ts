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
  /** Budgets that select any of these pods. */
  budgetsOver(pods: readonly Pod[]): readonly DisruptionBudget[];
  /** Resolves with the next change of the node, of its pods or of one of these budgets, or after `timeoutMs`. */
  changed(node: string, timeoutMs: number, budgets?: readonly DisruptionBudget[]): Promise<void>;
  /** A time by the seed, for this purpose. */
  draw(timing: Timing, ...purpose: readonly string[]): number;
  sleepFor(timing: Timing, ...purpose: readonly string[]): Promise<void>;
  stop(): void;
}

export function createWorld(description: ClusterDescription, clock: Clock, seed: number): World {
  const cluster = createClusterModel({ description, clock, seed, heartbeats: false });
  const beganMs = clock.now();
  /** By name of a node, and by `namespace/name` of a budget. */
  const waiting = new Map<string, Set<() => void>>();

  const unsubscribe = cluster.store.subscribe((event) => {
    for (const subject of subjectsOf(event)) for (const waiter of waiting.get(subject) ?? []) waiter();
  });

  function changed(node: string, timeoutMs: number, budgets: readonly DisruptionBudget[] = []): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const subjects = [node, ...budgets.map(keyOfBudget)];
    const callOff = clock.after(timeoutMs, done);
    function done(): void {
      for (const subject of subjects) waiting.get(subject)?.delete(done);
      callOff();
      resolve();
    }
    for (const subject of subjects) {
      const own = waiting.get(subject);
      if (own === undefined) waiting.set(subject, new Set([done]));
      else own.add(done);
    }
    return promise;
  }

  function budgetKeys(pod: string): readonly string[] {
    const found = cluster.index.get(pod);
    return found === null ? [] : cluster.index.budgetsOf(found);
  }

  const draw = (timing: Timing, ...purpose: readonly string[]): number => randomOf(seed, ...purpose).lognormal(timing.meanMs, timing.variation);
  return {
    clock, cluster, changed, draw,
    now: () => clock.now() - beganMs,
    node: (name) => seen<Node>(cluster.store.get('nodes', null, name)),
    podsOn: (node) => cluster.index.onNode(node).map((pod) => certain<Pod>(pod)),
    allPods: () => cluster.store.list('pods').map((pod) => certain<Pod>(pod)),
    budgets: () => cluster.store.list('poddisruptionbudgets').map((budget) => certain<DisruptionBudget>(budget)),
    budgetsOver: (pods) => [...new Set(pods.flatMap(({ metadata }) => budgetKeys(`${metadata.namespace ?? ''}/${metadata.name}`)))].flatMap((key) => {
      const [namespace = '', name = ''] = key.split('/');
      const budget = cluster.store.get('poddisruptionbudgets', namespace, name);
      return budget === null ? [] : [certain<DisruptionBudget>(budget)];
    }),
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

function keyOfBudget({ metadata }: { readonly metadata: { readonly name: string; readonly namespace?: string } }): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function subjectsOf({ resource, object, previous }: StoreEvent): readonly string[] {
  switch (resource) {
    case 'nodes': return [object.metadata.name];
    case 'poddisruptionbudgets': return [keyOfBudget(object)];
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
