import type { Journal } from '../journal.ts';
import type { Contents, Kubelets } from '../model.ts';
import { microTimestamp, timestamp, withCondition } from './conditions.ts';
import { nodeOf, podOf } from './kinds.ts';
import type { Condition, Node } from './kinds.ts';
import type { KubeletPods } from './kubelet-pods.ts';
import { drawMs } from './machinery.ts';
import type { Machinery } from './machinery.ts';
import type { StaticPods } from './static-pods.ts';

/** Kubelets renew their Lease this often, and post their conditions this often where nothing changes. */
const RENEW_MS = 10_000;
const POST_MS = 5 * 60_000;
/** Kubelets look this often whether the API's node says what is so. Source: nodeStatusUpdateFrequency. */
const COMPARE_MS = 10_000;

/** What may be made to fail. */
export interface KubeletHooks {
  /** False keeps a kubelet that has started from ever reporting Ready. */
  readonly mayBecomeReady?: (node: string) => boolean;
}

export interface KubeletOptions {
  /** Nodes whose kubelet runs from the beginning: a Node object that someone only creates has none. */
  readonly nodes: readonly string[];
  /** Version of their kubelets. */
  readonly versionOf: (node: string) => string;
  readonly machinery: Machinery;
  readonly staticPods: StaticPods;
  readonly journal: Journal | null;
  readonly hooks: KubeletHooks;
  /** False leaves out renewals: days of virtual time would consist of little else. */
  readonly heartbeats: boolean;
  /** Called when a kubelet stops or reports again. */
  readonly onSilence: (node: string) => void;
  readonly onReport: (node: string) => void;
}

/** The kubelets' side of the API. `pods` is given later, as it asks which kubelets run. */
export interface KubeletProcesses extends Kubelets {
  stopAll(): void;
}

export function createKubelets(options: KubeletOptions, pods: () => KubeletPods): KubeletProcesses {
  const { store, clock, seed, timings } = options.machinery;
  const running = new Set<string>(options.nodes);
  /** What a kubelet says of its node, whatever the API has. */
  const healthy = new Set<string>(options.nodes);
  const versions = new Map(options.nodes.map((node) => [node, options.versionOf(node)]));
  const manifests = new Map<string, Readonly<Record<string, string>>>();
  /** Counts the starts of a node's kubelet, so that each draws its own time. */
  const starts = new Map<string, number>();
  let cancelRenewal = (): void => undefined;
  let postedMs = clock.now();

  function renew(node: string): void {
    store.update('leases', 'kube-node-lease', node, (lease) => ({ ...lease, spec: { holderIdentity: node, leaseDurationSeconds: 40, renewTime: microTimestamp(clock.now()) } }));
  }

  function post(node: string, change: (node: Node) => Node): void {
    store.update('nodes', null, node, (object) => change(nodeOf(object)));
  }

  function renewAll(): void {
    cancelRenewal = clock.after(RENEW_MS, renewAll);
    const postsToo = clock.now() - postedMs >= POST_MS;
    if (postsToo) postedMs = clock.now();
    for (const node of running) {
      renew(node);
      if (postsToo) post(node, (object) => ({ ...object, status: { ...object.status, conditions: beat(object.status.conditions, clock.now()) } }));
    }
  }

  function start(node: string, version: string): void {
    const number = (starts.get(node) ?? 0) + 1;
    starts.set(node, number);
    running.add(node);
    healthy.delete(node);
    versions.set(node, version);
    options.onReport(node);
    renew(node);
    post(node, (object) => withVersion(withReady(object, notReady(), clock.now()), version));
    options.staticPods.setReady(node, false);
    const readyMs = drawMs(seed, timings.nodeReady, node, 'node ready', number);
    const record = options.journal?.recordBeside(node);
    clock.after(readyMs, () => {
      if (running.has(node) && starts.get(node) === number) becomeReady(node, () => record?.('ready', readyMs));
    });
    clock.after(drawMs(seed, timings.staticPodsReady, node, 'static pods ready', number), () => {
      if (running.has(node) && starts.get(node) === number) options.staticPods.setReady(node, true);
    });
  }

  function becomeReady(node: string, record: () => void): void {
    if (options.hooks.mayBecomeReady?.(node) === false) return;
    healthy.add(node);
    report(node);
    record();
    pods().resume(node);
  }

  function report(node: string): void {
    renew(node);
    post(node, (object) => withVersion(withReady(object, healthy.has(node) ? ready() : notReady(), clock.now()), versions.get(node) ?? ''));
  }

  /** A kubelet that runs corrects at its next look what the API has become; one that does not is missed after its grace. */
  function onRestore(before: Contents): void {
    pods().restored((before.get('pods') ?? []).map(podOf));
    for (const { metadata: { name } } of store.list('nodes')) {
      if (running.has(name)) clock.after(drawMs(seed, { meanMs: COMPARE_MS / 2, variation: 0.3 }, name, 'compare'), () => correct(name));
      else options.onSilence(name);
    }
  }

  function correct(node: string): void {
    if (!running.has(node)) return;
    options.onReport(node);
    report(node);
    const images = manifests.get(node);
    if (images !== undefined) options.staticPods.set(node, images, 'after a restart');
    if (healthy.has(node)) pods().resume(node);
  }

  store.onRestore(onRestore);
  if (options.heartbeats) cancelRenewal = clock.after(RENEW_MS, renewAll);

  return {
    stop: (node) => {
      if (!running.delete(node)) return;
      healthy.delete(node);
      pods().halt(node);
      options.onSilence(node);
    },
    start,
    isRunning: (node) => running.has(node),
    setStaticPods: (node, images) => {
      manifests.set(node, images);
      options.staticPods.set(node, images, 'after a restart');
    },
    stopAll: () => {
      cancelRenewal();
    },
  };
}

const HEALTHY = [
  { type: 'MemoryPressure', reason: 'KubeletHasSufficientMemory', message: 'kubelet has sufficient memory available' },
  { type: 'DiskPressure', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure' },
  { type: 'PIDPressure', reason: 'KubeletHasSufficientPID', message: 'kubelet has sufficient PID available' },
] as const;

export function ready(): Condition {
  return { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' };
}

function notReady(): Condition {
  return { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: '[container runtime status check may not have completed yet, PLEG is not healthy: pleg has yet to be successful]' };
}

export function withReady(node: Node, condition: Condition, nowMs: number): Node {
  let conditions = node.status.conditions ?? [];
  for (const { type, reason, message } of HEALTHY) conditions = withCondition(conditions, { type, status: 'False', reason, message, lastHeartbeatTime: timestamp(nowMs) }, nowMs);
  conditions = withCondition(conditions, { ...condition, lastHeartbeatTime: timestamp(nowMs) }, nowMs);
  return { ...node, status: { ...node.status, conditions } };
}

function withVersion(node: Node, kubeletVersion: string): Node {
  return { ...node, status: { ...node.status, nodeInfo: { ...node.status.nodeInfo, kubeletVersion } } };
}

function beat(conditions: readonly Condition[] | undefined, nowMs: number): readonly Condition[] {
  return (conditions ?? []).map((condition) => ({ ...condition, lastHeartbeatTime: timestamp(nowMs) }));
}
