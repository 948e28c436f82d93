import type { Clock } from '../clock.ts';
import type { ClusterDescription } from '../description.ts';
import type { Journal } from '../journal.ts';
import type { ClusterModel } from '../model.ts';
import { createBudgets } from './controllers/budgets.ts';
import { createDaemonSets } from './controllers/daemon-sets.ts';
import { createDeployments } from './controllers/deployments.ts';
import { createEndpointSlices } from './controllers/endpoint-slices.ts';
import { createGarbageCollector } from './controllers/garbage-collector.ts';
import { createJobs } from './controllers/jobs.ts';
import { createNamespaces } from './controllers/namespaces.ts';
import { createReplicaSets } from './controllers/replica-sets.ts';
import { createStatefulSets } from './controllers/stateful-sets.ts';
import { createEventRecorder } from './events.ts';
import { createEviction, ownerLabel } from './eviction.ts';
import type { EvictionRequest } from './eviction.ts';
import { nodeOf } from './kinds.ts';
import type { Pod } from './kinds.ts';
import { createKubeletPods } from './kubelet-pods.ts';
import { createKubelets } from './kubelets.ts';
import type { KubeletHooks } from './kubelets.ts';
import type { Machinery, Settling } from './machinery.ts';
import { createNodeIndex } from './node-index.ts';
import { createNodeLifecycle } from './node-lifecycle.ts';
import { createPodIndex } from './pod-index.ts';
import type { PodIndex } from './pod-index.ts';
import { populate } from './populate.ts';
import { createScheduler } from './scheduler.ts';
import { createStaticPods } from './static-pods.ts';
import { createStore } from './store.ts';
import type { EventStore } from './store.ts';

export interface ClusterModelOptions {
  readonly description: ClusterDescription;
  readonly clock: Clock;
  readonly seed: number;
  /** Where cordons and Ready are recorded. Default: nowhere. */
  readonly journal?: Journal;
  readonly hooks?: KubeletHooks;
  /** Address that the Node object of each node carries. Default: one of 10.0.0.0/8 by its place. */
  readonly addressOf?: (node: string, place: number) => string;
  /** Whether kubelets renew their Leases. Default true; false for virtual time, which would consist of little else. */
  readonly heartbeats?: boolean;
}

/** A cluster model with what its server needs besides. */
export interface SimulatedCluster extends ClusterModel {
  readonly store: EventStore;
  readonly index: PodIndex;
  readonly clock: Clock;
  readonly description: ClusterDescription;
  requestEviction(request: EvictionRequest): ReturnType<ClusterModel['evict']>;
}

/** Rounds until a cluster that is described has come to rest; an ordered StatefulSet takes one for each replica. */
const SETTLING_ROUNDS = 1_000;

/**
 * A cluster without any transport, driven only by the clock: objects, controllers, scheduler, and the API's side of its kubelets.
 * It begins at rest: everything that the description asks for runs and is Ready, as far as there is room.
 */
export function createClusterModel(options: ClusterModelOptions): SimulatedCluster {
  const { description, clock, seed, journal = null, hooks = {}, heartbeats = true } = options;
  const store = createStore(clock, seed);
  const index = createPodIndex(store);
  const nodes = createNodeIndex(store);
  const machinery: Machinery = { store, index, clock, seed, timings: description.timings };
  const record = createEventRecorder(machinery);
  const staticPods = createStaticPods(machinery);
  const lifecycle = createNodeLifecycle(machinery, record);
  const kubelets = createKubelets({ nodes: description.nodes.map((node) => node.name), versionOf: (name) => description.nodes.find((node) => node.name === name)?.kubeletVersion ?? description.version, machinery, staticPods, journal, hooks, heartbeats, onSilence: lifecycle.silent, onReport: lifecycle.reporting }, () => pods);
  const pods = createKubeletPods(machinery, kubelets.isRunning);
  const parts: readonly Settling[] = [
    createNamespaces(machinery), createDeployments(machinery), createReplicaSets(machinery), createStatefulSets(machinery), createDaemonSets(machinery, nodes), createJobs(machinery),
    createScheduler(machinery, nodes, record), pods, createBudgets(machinery, record), createEndpointSlices(machinery),
  ];
  const collector = createGarbageCollector(machinery);
  populate({ description, machinery, staticPods, addressOf: options.addressOf ?? defaultAddress });
  for (let round = 0; round < SETTLING_ROUNDS; round += 1) if (!parts.map((part) => part.settle()).includes(true)) break;

  const evictions: { readonly pod: string; readonly owner: string; readonly node: string; readonly atMs: number }[] = [];
  function onEvicted(pod: Pod): void {
    evictions.push({ pod: `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`, owner: ownerLabel(pod, store), node: pod.spec.nodeName ?? '', atMs: clock.now() });
  }
  const requestEviction = createEviction({ store, index, clock, onEvicted });
  if (journal !== null) recordCordons(store, journal);

  return {
    store, index, clock, description, kubelets, evictions, requestEviction,
    evict: (pod, gracePeriodSeconds, dryRun = false) => requestEviction({ ...pod, gracePeriodSeconds, dryRun }),
    stop: () => {
      kubelets.stopAll();
      collector.stop();
    },
  };
}

function recordCordons(store: EventStore, journal: Journal): void {
  store.subscribe(({ resource, object, previous, restored }) => {
    if (resource !== 'nodes' || previous === undefined || restored === true) return;
    const before = nodeOf(previous).spec.unschedulable === true;
    const after = nodeOf(object).spec.unschedulable === true;
    if (before !== after) journal.recordAfterAll(object.metadata.name, after ? 'cordoned' : 'uncordoned');
  });
}

function defaultAddress(_: string, place: number): string {
  return `10.${1 + (place >> 16)}.${(place >> 8) & 255}.${place & 255}`;
}
