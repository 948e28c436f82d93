import { conditionOf, timestamp, withCondition } from './conditions.ts';
import { RUN_SECONDS } from './controllers/jobs.ts';
import { isEnding, isMirror, isOver, keyOf, ownerOf, podOf } from './kinds.ts';
import type { Condition, Pod } from './kinds.ts';
import { drawMs } from './machinery.ts';
import type { Machinery } from './machinery.ts';
import { randomOf } from '../random.ts';

/** Seconds that a Job's pod runs where its template says nothing. */
const DEFAULT_RUN_SECONDS = 120;

/** Starts and ends the pods of nodes whose kubelet runs. */
export interface KubeletPods {
  /** The kubelet of this node runs again: what waited is taken up. */
  resume(node: string): void;
  /** It is gone: nothing on this node starts or ends. */
  halt(node: string): void;
  /** The API's pods are those of a former moment; on the nodes are still these. Each kubelet finds out when it takes its pods up. */
  restored(before: readonly Pod[]): void;
  /** Makes every pod that has a node Running and Ready at once; true where there was one. */
  settle(): boolean;
}

export function createKubeletPods({ store, index, clock, seed, timings }: Machinery, isRunning: (node: string) => boolean): KubeletPods {
  /** What is under way by the pod's key: how to call it off. */
  const starting = new Map<string, () => void>();
  const ending = new Map<string, () => void>();
  /** What is on a node whose kubelet has not looked at its pods since the API went back, by uid. */
  const onHosts = new Map<string, Map<string, Pod>>();

  function begin(pod: Pod): void {
    const key = keyOf(pod);
    if (isMirror(pod) || isOver(pod)) return;
    if (isEnding(pod)) {
      callOff(starting, key);
      if (!ending.has(key)) ending.set(key, clock.after(endMs(pod), () => finish(key)));
    } else if (!starting.has(key) && conditionOf(pod.status?.conditions, 'Ready') === null) {
      starting.set(key, clock.after(drawMs(seed, timings.startPod, 'start pod', key), () => start(key)));
    }
  }

  function endMs(pod: Pod): number {
    const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000;
    const { meanMs: part, variation } = timings.stopPodPart;
    return Math.min(graceMs, graceMs * randomOf(seed, 'stop pod', keyOf(pod)).lognormal(part, variation));
  }

  function finish(key: string): void {
    ending.delete(key);
    const pod = index.get(key);
    if (pod === null || !isEnding(pod)) return;
    store.remove('pods', pod.metadata.namespace ?? null, pod.metadata.name);
  }

  function start(key: string): void {
    starting.delete(key);
    const pod = index.get(key);
    if (pod === null || isEnding(pod)) return;
    store.put('pods', { ...pod, status: { ...pod.status, phase: 'Running', startTime: timestamp(clock.now()), conditions: readyConditions(pod.status?.conditions, clock.now()), containerStatuses: containerStatuses(pod) } });
    if (ownerOf(pod)?.kind === 'Job') clock.after(runSeconds(pod) * 1000, () => succeed(key, pod.metadata.uid ?? ''));
  }

  function succeed(key: string, uid: string): void {
    const pod = index.get(key);
    if (pod === null || isEnding(pod) || pod.metadata.uid !== uid) return;
    const conditions = withCondition(pod.status?.conditions, { type: 'Ready', status: 'False', reason: 'PodCompleted' }, clock.now());
    store.put('pods', { ...pod, status: { ...pod.status, phase: 'Succeeded', conditions } });
  }

  /** What runs on the host counts: its state is reported, and what the API has and the host has not is started anew. */
  function reconcile(node: string): void {
    const present = onHosts.get(node);
    if (present === undefined) return;
    onHosts.delete(node);
    for (const pod of index.onNode(node)) {
      if (isMirror(pod) || isOver(pod)) continue;
      store.put('pods', { ...pod, status: statusOnHost(present.get(pod.metadata.uid ?? ''), pod, clock.now()) });
    }
  }

  function callOff(timers: Map<string, () => void>, key: string): void {
    timers.get(key)?.();
    timers.delete(key);
  }

  store.subscribe(({ resource, type, object, previous }) => {
    if (resource !== 'pods') return;
    const pod = podOf(object);
    if (type === 'DELETED') {
      callOff(starting, keyOf(pod));
      callOff(ending, keyOf(pod));
      return;
    }
    const node = pod.spec.nodeName;
    if (node === undefined || !isRunning(node)) return;
    // A shorter grace than before counts.
    if (previous !== undefined && podOf(previous).metadata.deletionGracePeriodSeconds !== pod.metadata.deletionGracePeriodSeconds) callOff(ending, keyOf(pod));
    begin(pod);
  });

  return {
    resume: (node) => {
      reconcile(node);
      for (const pod of index.onNode(node)) begin(pod);
    },
    halt: (node) => {
      for (const pod of index.onNode(node)) {
        callOff(starting, keyOf(pod));
        callOff(ending, keyOf(pod));
      }
    },
    restored: (before) => {
      onHosts.clear();
      for (const { name } of store.list('nodes').map(({ metadata }) => metadata)) onHosts.set(name, new Map());
      for (const pod of before) {
        // One on its way out is ended by its host.
        if (pod.spec.nodeName !== undefined && !isMirror(pod) && !isEnding(pod)) onHosts.get(pod.spec.nodeName)?.set(pod.metadata.uid ?? '', pod);
      }
    },
    settle: () => {
      const due = [...starting];
      for (const [key, cancel] of due) {
        cancel();
        start(key);
      }
      return due.length > 0;
    },
  };
}

/** What a kubelet says of a pod of the API: the state of the one that it has, or that it has yet to start it. */
function statusOnHost(there: Pod | undefined, pod: Pod, nowMs: number): NonNullable<Pod['status']> {
  if (there === undefined) return { phase: 'Pending', conditions: (pod.status?.conditions ?? []).filter(({ type }) => type === 'PodScheduled') };
  // Only controllers call a pod that runs not Ready, of nodes that they do not hear of.
  return there.status?.phase === 'Running' ? { ...there.status, conditions: withReadiness(there.status.conditions, true, nowMs) } : { ...there.status };
}

const READY_TYPES = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady'] as const;

export function readyConditions(known: readonly Condition[] | undefined, nowMs: number): readonly Condition[] {
  let conditions = known ?? [];
  for (const type of READY_TYPES) conditions = withCondition(conditions, { type, status: 'True' }, nowMs);
  return conditions;
}

/** `ready` false makes Ready and ContainersReady false, as for a pod whose containers restart. */
export function withReadiness(known: readonly Condition[] | undefined, ready: boolean, nowMs: number): readonly Condition[] {
  const status = ready ? 'True' : 'False';
  const why = ready ? {} : { reason: 'ContainersNotReady' };
  const conditions = withCondition(known, { type: 'Ready', status, ...why }, nowMs);
  return withCondition(conditions, { type: 'ContainersReady', status, ...why }, nowMs);
}

function containerStatuses(pod: Pod): readonly unknown[] {
  return pod.spec.containers.map(({ name, image }) => ({ name, image, ready: true, started: true, restartCount: 0 }));
}

function runSeconds(pod: Pod): number {
  const seconds = Number(pod.metadata.annotations?.[RUN_SECONDS] ?? DEFAULT_RUN_SECONDS);
  return Number.isFinite(seconds) ? seconds : DEFAULT_RUN_SECONDS;
}
