import type { Lease, Node, Pod } from '../kubernetes/objects.ts';
import { conditionOf, controllerOf, isMirror, isReady, podName } from './ready.ts';
import { redactedStart } from '../redaction/redacted.ts';

export interface ReadinessView {
  /** Null where the API has none. */
  readonly node: Node | null;
  readonly lease: Lease | null;
  /** Pods on this node. */
  readonly pods: readonly Pod[];
  readonly version: string;
  /** Host's clock; null where any heartbeat counts. */
  readonly restartedAt: string | null;
}

/**
 * What keeps a node from being Ready at its version; empty where nothing does. The kubelet's version, a Ready condition that
 * was posted after the restart, and the pods without which the node serves nobody (see `isNodeService`).
 */
export function readinessProblems(view: ReadinessView): readonly string[] {
  const { node } = view;
  if (node === null) return ['the API does not list the node'];
  const problems: string[] = [];
  const kubelet = node.status.nodeInfo.kubeletVersion;
  if (kubelet !== view.version) problems.push(`its kubelet is at ${kubelet}, not ${view.version}`);
  const ready = conditionOf(node, 'Ready');
  if (ready?.status !== 'True') {
    problems.push(`its condition Ready is ${ready?.status ?? 'absent'}${ready?.message === undefined ? '' : ` (${redactedStart(ready.message, 300)})`}`);
  } else if (view.restartedAt !== null && !isNewer(view, Date.parse(view.restartedAt))) {
    problems.push(`no heartbeat of its kubelet is newer than the restart at ${view.restartedAt}`);
  }
  for (const pod of view.pods) if (isNodeService(pod) && !isReady(pod)) problems.push(`pod ${podName(pod)} is ${podState(pod)}`);
  return problems;
}

/** The kubelet renews its Lease every 10 s, to the microsecond; it posts conditions at a change or every 5 minutes, to the second. */
function isNewer(view: ReadinessView, restartedMs: number): boolean {
  const renewedMs = Date.parse(view.lease?.spec.renewTime ?? '');
  const ready = view.node === null ? null : conditionOf(view.node, 'Ready');
  const postedMs = Date.parse(ready?.lastHeartbeatTime ?? '');
  return renewedMs > restartedMs || postedMs > restartedMs;
}

/**
 * Static pods, and pods of a DaemonSet that are in kube-system or of the priority system-node-critical, as CNI, kube-proxy and CSI
 * are wherever they are installed. A broken DaemonSet of a user must not hold an upgrade.
 */
export function isNodeService(pod: Pod): boolean {
  if (isMirror(pod)) return true;
  if (controllerOf(pod)?.kind !== 'DaemonSet') return false;
  return pod.metadata.namespace === 'kube-system' || pod.spec.priorityClassName === 'system-node-critical';
}

function podState(pod: Pod): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'terminating';
  const reason = conditionOf(pod, 'Ready')?.reason ?? conditionOf(pod, 'ContainersReady')?.reason;
  return `not Ready (${pod.status.phase ?? 'unknown'}${reason === undefined ? '' : `, ${reason}`})`;
}
