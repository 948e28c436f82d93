import type { ServedApi } from './api/serve.ts';
import type { Clock } from './clock.ts';
import type { FaultName, PlacedFault } from './faults.ts';
import type { TwinHost, TwinHosts } from './hosts/start-hosts.ts';
import type { ApiObject, ClusterModel } from './model.ts';
import { randomOf } from './random.ts';

/** What faults act on. */
export interface FaultScene {
  readonly model: ClusterModel;
  readonly api: Pick<ServedApi, 'intercept' | 'silenceWatches' | 'cutConnections' | 'compact'>;
  readonly hosts: Pick<TwinHosts, 'host'>;
  readonly clock: Clock;
  readonly seed: number;
  /** Nodes whose kubelets never report Ready while they are in it; see `KubeletHooks`. */
  readonly unready: Set<string>;
}

type Undo = () => void;

const MINUTE_MS = 60_000;
const SLOW_FACTOR = 10;
const COMPACT_EVERY_MS = 20_000;
const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane';
const SERVER_ERRORS = [500, 502, 503, 504] as const;

/** Arranges for every fault to happen. Returns what calls off those that have not happened yet. */
export function applyFaults(faults: readonly PlacedFault[], scene: FaultScene): Undo {
  const undo = faults.map(({ name, node }) => (node === null ? ofApi(name, scene) : ofNode(name, node, scene)));
  return () => {
    for (const each of undo) each();
  };
}

function ofNode(name: FaultName, node: string, scene: FaultScene): Undo {
  const host = scene.hosts.host(node);
  switch (name) {
    case 'package-locked': return onCordon(scene, node, () => { void holdLock(host, scene.clock); });
    case 'package-broken':
      return host.addFault({ operation: 'install packages', occurrence: 2, effect: { kind: 'fail', exitCode: 100, message: 'dpkg-deb (subprocess): decompressing archive: lzma error: compressed data is corrupt\nE: Sub-process /usr/bin/dpkg returned an error code (1)' } });
    case 'disk-full':
      return host.addFault({ operation: 'install packages', occurrence: 2, effect: { kind: 'fail', exitCode: 100, message: 'dpkg: error: failed to write status database record: No space left on device\nE: Sub-process /usr/bin/dpkg returned an error code (2)' } });
    case 'slow-download': return both(host.addFault({ operation: 'fetch packages', effect: { kind: 'slow', factor: SLOW_FACTOR } }), host.addFault({ operation: 'pull image', effect: { kind: 'slow', factor: SLOW_FACTOR } }));
    case 'kubelet-not-ready': return delayReady(scene, node);
    case 'kubeadm-fails-once': return host.addFault({ operation: 'kubeadm upgrade', occurrence: 1, effect: { kind: 'fail', exitCode: 1, message: 'error: error execution phase preflight: [preflight] Some fatal errors occurred:\n\t[ERROR CoreDNSMigration]: CoreDNS will not be upgraded: the twin was told to fail' } });
    case 'host-reboot': return host.addFault({ operation: 'install packages', occurrence: 2, effect: { kind: 'reboot', downMs: MINUTE_MS / 2 } });
    case 'connection-cut': return onCordon(scene, node, () => { host.cutConnections(); });
    case 'budget-blocks': return onCordon(scene, node, () => { blockUntilGivenBack(scene.model, node); });
    case 'api-5xx': case 'api-slow': case 'watch-silent': case 'watch-gone': case 'api-cut': return ofApi(name, scene);
  }
}

function ofApi(name: FaultName, scene: FaultScene): Undo {
  const { api, seed } = scene;
  switch (name) {
    case 'api-5xx': {
      const random = randomOf(seed, 'api-5xx');
      return fromCordon(scene, () => api.intercept(() => (random.below(15) === 0 ? { kind: 'status', code: SERVER_ERRORS[random.below(SERVER_ERRORS.length)] ?? 500 } : null)));
    }
    case 'api-slow': {
      const random = randomOf(seed, 'api-slow');
      return fromCordon(scene, () => api.intercept(() => (random.below(10) === 0 ? { kind: 'delay', ms: 2_000 } : null)));
    }
    case 'watch-silent': return onCordon(scene, null, () => { api.silenceWatches(); });
    case 'api-cut': return onCordon(scene, null, () => { api.cutConnections(); });
    case 'watch-gone': return every(scene.clock, COMPACT_EVERY_MS, () => { api.compact(); });
    default: return () => undefined;
  }
}

/** Calls back once, when this worker (null: any) is cordoned. */
function onCordon({ model }: FaultScene, node: string | null, callback: () => void): Undo {
  const end = model.store.subscribe(({ resource, object }) => {
    if (resource !== 'nodes' || !isCordoned(object) || (node === null ? isControlPlane(object) : object.metadata.name !== node)) return;
    end();
    callback();
  });
  return end;
}

/** Begins something once a worker is cordoned. */
function fromCordon(scene: FaultScene, begin: () => Undo): Undo {
  let undo = onCordon(scene, null, () => { undo = begin(); });
  return () => undo();
}

async function holdLock(host: TwinHost, clock: Clock): Promise<void> {
  const release = host.lockPackages('unattended-upgr');
  await clock.sleep(2 * MINUTE_MS);
  release();
}

/** Keeps the kubelet of the new version from reporting Ready; a minute later it is restarted, and does. */
function delayReady({ model, clock, unready }: FaultScene, node: string): Undo {
  const before = kubeletVersionOf(model.store.get('nodes', null, node));
  unready.add(node);
  const end = model.store.subscribe(({ resource, object }) => {
    const version = kubeletVersionOf(object);
    if (resource !== 'nodes' || object.metadata.name !== node || version === before || version === null) return;
    end();
    clock.after(MINUTE_MS, () => {
      unready.delete(node);
      if (model.kubelets.isRunning(node)) model.kubelets.start(node, version);
    });
  });
  return end;
}

function kubeletVersionOf(node: ApiObject | null): string | null {
  const status = node?.['status'];
  if (typeof status !== 'object' || status === null || !('nodeInfo' in status)) return null;
  const info = status.nodeInfo;
  return typeof info === 'object' && info !== null && 'kubeletVersion' in info && typeof info.kubeletVersion === 'string' ? info.kubeletVersion : null;
}

function blockUntilGivenBack(model: ClusterModel, node: string): void {
  const unblock = blockEvictions(model, node);
  const end = model.store.subscribe(({ resource, object }) => {
    if (resource !== 'nodes' || object.metadata.name !== node || isCordoned(object)) return;
    end();
    unblock();
  });
}

/**
 * A budget of its own for a pod of the node that has none, or the pod's budget made as strict as can be. Returns how to undo it;
 * does nothing where the node has no pod that could be moved.
 */
export function blockEvictions({ store }: ClusterModel, node: string): Undo {
  const pods = store.list('pods').filter((pod) => nodeNameOf(pod) === node && isMovable(pod)).toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1));
  const budgets = store.list('poddisruptionbudgets');
  const [pod] = pods;
  if (pod === undefined) return () => undefined;
  const { namespace = 'default', labels = {} } = pod.metadata;
  const app = labels['app'] ?? '';
  const own = budgets.find((budget) => budget.metadata.namespace === namespace && budget.metadata.name === app);
  const metadata = own?.metadata ?? { name: app, namespace };
  store.put('poddisruptionbudgets', { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata, spec: { maxUnavailable: 0, selector: { matchLabels: { app } } } });
  return () => {
    if (own === undefined) store.remove('poddisruptionbudgets', namespace, app);
    else store.update('poddisruptionbudgets', namespace, app, (budget) => ({ ...budget, spec: own['spec'] }));
  };
}

function isMovable(pod: ApiObject): boolean {
  const [owner] = pod.metadata.ownerReferences ?? [];
  return pod.metadata.labels?.['app'] !== undefined && owner !== undefined && owner.kind !== 'DaemonSet' && owner.kind !== 'Job';
}

function isCordoned({ spec }: ApiObject): boolean {
  return typeof spec === 'object' && spec !== null && 'unschedulable' in spec && spec.unschedulable === true;
}

function nodeNameOf({ spec }: ApiObject): string | null {
  return typeof spec === 'object' && spec !== null && 'nodeName' in spec && typeof spec.nodeName === 'string' ? spec.nodeName : null;
}

function isControlPlane({ metadata }: ApiObject): boolean {
  return Object.hasOwn(metadata.labels ?? {}, CONTROL_PLANE);
}

function every(clock: Clock, ms: number, callback: () => void): Undo {
  let callOff = clock.after(ms, again);
  function again(): void {
    callback();
    callOff = clock.after(ms, again);
  }
  return () => callOff();
}

function both(one: Undo, other: Undo): Undo {
  return () => {
    one();
    other();
  };
}
