import { pausesUpTo } from '../asking.ts';
import type { Node, Pod } from '../kubernetes/objects.ts';
import { pause } from '../kubernetes/wait.ts';
import type { Activity } from '../kubernetes/wait.ts';
import { isReady } from '../nodes/ready.ts';
import type { KubeadmConfig } from '../observe/kubeadm-config.ts';
import { CONTROL_PLANE_COMPONENTS, imageTag, staticPodOf } from '../observe/static-pods.ts';
import { redactedStart } from '../redaction/redacted.ts';

export interface RestPolicy {
  /** Milliseconds that the cluster may take to come to rest. */
  readonly timeoutMs: number;
  /** Milliseconds between two looks at most; the first come sooner. */
  readonly longestPauseMs: number;
  /** The failure once the time is over. */
  readonly failure: (problems: readonly string[]) => Error;
}

/** Looks until there is no problem, and tells the newest of them in its heartbeat. */
export async function untilAtRest(activity: Activity, look: () => Promise<readonly string[]>, { timeoutMs, longestPauseMs, failure }: RestPolicy): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  const pauses = pausesUpTo(longestPauseMs);
  for (;;) {
    activity.signal.throwIfAborted();
    const problems = await look();
    if (problems.length === 0) return;
    if (performance.now() >= deadlineMs) throw failure(problems);
    activity.heartbeat({ message: redactedStart(problems.slice(0, 5).join('; '), 900) });
    await pause(pauses.next().value, activity.signal);
  }
}

/** At most twenty, and how many more there are. */
export function listed(problems: readonly string[]): string {
  return `${problems.slice(0, 20).join('; ')}${problems.length > 20 ? `; and ${problems.length - 20} more` : ''}`;
}

export function kubeletProblems(node: Node, version: string): readonly string[] {
  const { metadata: { name }, status: { nodeInfo: { kubeletVersion } } } = node;
  return [
    ...(kubeletVersion === version ? [] : [`the kubelet of node ${name} is at ${kubeletVersion}, not ${version}`]),
    ...(isReady(node) ? [] : [`node ${name} is not Ready`]),
  ];
}

/** Of the static pods of one control-plane node. */
export function controlPlaneProblems(node: string, staticPods: readonly Pod[], version: string): readonly string[] {
  return CONTROL_PLANE_COMPONENTS.flatMap((component) => {
    const pod = staticPodOf(staticPods, component, node);
    const tag = imageTag(pod);
    if (pod === null || tag !== version) return [`${component} of node ${node} is ${tag === null ? 'absent' : `at ${tag}, not ${version}`}`];
    return isReady(pod) ? [] : [`${component} of node ${node} is not Ready`];
  });
}

export function configProblems(config: KubeadmConfig | null, version: string): readonly string[] {
  return config === null || config.kubernetesVersion === version ? [] : [`kubeadm-config says ${config.kubernetesVersion ?? 'nothing'}, not ${version}`];
}
