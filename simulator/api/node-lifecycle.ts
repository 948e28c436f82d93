import type { Clock } from '../clock.ts';
import { conditionOf, timestamp, withCondition } from './conditions.ts';
import { deletePod } from './controllers/delete-pod.ts';
import type { RecordEvent } from './events.ts';
import { isTolerated } from './feasible.ts';
import { isEnding, isMirror, nodeOf } from './kinds.ts';
import type { Node, Pod } from './kinds.ts';
import { withReadiness } from './kubelet-pods.ts';
import type { Machinery } from './machinery.ts';

/** A kubelet is given up after this silence. Source: node-monitor-grace-period. */
const GRACE_MS = 50_000;
const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';

/** Marks nodes whose kubelet is silent or not Ready, and ends their pods in the end. */
export interface NodeLifecycle {
  silent(node: string): void;
  reporting(node: string): void;
}

export function createNodeLifecycle(machinery: Machinery, record: RecordEvent): NodeLifecycle {
  const { store, index, clock } = machinery;
  const silences = new Map<string, () => void>();
  const expulsions = new Map<string, readonly (() => void)[]>();

  function giveUp(name: string): void {
    silences.delete(name);
    const changed = store.update('nodes', null, name, (object) => unknown(nodeOf(object), clock));
    if (changed === null) return;
    record(changed, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`, 'node-controller');
    // What has not started yet has no readiness to lose: its kubelet starts it when it is back.
    for (const pod of index.onNode(name)) if (pod.status?.phase === 'Running') setReady(pod, false);
  }

  function setReady(pod: Pod, ready: boolean): void {
    store.put('pods', { ...pod, status: { ...pod.status, conditions: withReadiness(pod.status?.conditions, ready, clock.now()) } });
  }

  /** Taints follow the condition Ready. */
  function taint(node: Node): void {
    const status = conditionOf(node.status.conditions, 'Ready')?.status;
    const wanted = status === 'False' ? NOT_READY : status === 'Unknown' ? UNREACHABLE : null;
    const taints = node.spec.taints ?? [];
    const present = taints.filter((candidate) => candidate.key === NOT_READY || candidate.key === UNREACHABLE);
    if (wanted === null ? present.length === 0 : present.length > 0 && present.every((candidate) => candidate.key === wanted)) return;
    const others = taints.filter((candidate) => !present.includes(candidate));
    const effects = ['NoSchedule', 'NoExecute'] as const;
    const own = wanted === null ? [] : effects.map((effect) => ({ key: wanted, effect, timeAdded: timestamp(clock.now()) }));
    const next = [...others, ...own];
    const { taints: _, ...spec } = node.spec;
    store.put('nodes', { ...node, spec: next.length === 0 ? spec : { ...spec, taints: next } });
    for (const cancel of expulsions.get(node.metadata.name) ?? []) cancel();
    expulsions.delete(node.metadata.name);
    if (wanted !== null) expulsions.set(node.metadata.name, index.onNode(node.metadata.name).flatMap((pod) => expel(pod, wanted)));
  }

  function expel(pod: Pod, key: string): readonly (() => void)[] {
    if (isMirror(pod)) return [];
    const toleration = (pod.spec.tolerations ?? []).find((candidate) => isTolerated({ key, effect: 'NoExecute' }, [candidate]));
    if (toleration !== undefined && toleration.tolerationSeconds === undefined) return [];
    return [clock.after((toleration?.tolerationSeconds ?? 0) * 1000, () => {
      const present = index.get(`${pod.metadata.namespace ?? ''}/${pod.metadata.name}`);
      if (present !== null && present.metadata.uid === pod.metadata.uid && !isEnding(present)) deletePod(machinery, present);
    })];
  }

  store.subscribe(({ resource, type, object, previous }) => {
    if (resource !== 'nodes' || type === 'DELETED') return;
    const node = nodeOf(object);
    if (previous !== undefined && conditionOf(nodeOf(previous).status.conditions, 'Ready')?.status === conditionOf(node.status.conditions, 'Ready')?.status) return;
    clock.after(0, () => {
      const present = store.get('nodes', null, node.metadata.name);
      if (present !== null) taint(nodeOf(present));
    });
  });

  return {
    silent: (name) => {
      silences.get(name)?.();
      silences.set(name, clock.after(GRACE_MS, () => giveUp(name)));
    },
    reporting: (name) => {
      silences.get(name)?.();
      silences.delete(name);
      for (const pod of index.onNode(name)) if (!isMirror(pod) && pod.status?.phase === 'Running' && conditionOf(pod.status.conditions, 'Ready')?.status === 'False') setReady(pod, true);
    },
  };
}

function unknown(node: Node, clock: Clock): Node {
  let conditions = node.status.conditions ?? [];
  for (const { type } of conditions) {
    conditions = withCondition(conditions, { type, status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }, clock.now());
  }
  return { ...node, status: { ...node.status, conditions } };
}
