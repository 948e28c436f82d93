import type { Finding } from '../../../workflows/domain/check.ts';
import type { PlannedNode } from '../../../workflows/domain/plan.ts';
import type { Comparison } from './static-pod-losses.ts';

export interface ComparedPod extends Comparison {
  readonly component: string;
  /** Image of the running manifest; null where it names none. */
  readonly image: string | null;
}

export interface ComparedNode {
  readonly node: PlannedNode;
  readonly pods: readonly ComparedPod[];
}

/** Which static pods restart where, as one finding; nodes that have the same in common are named together. */
export function restartFindings(compared: readonly ComparedNode[], certificateRenewal: boolean): readonly Finding[] {
  const texts = new Map<string, string[]>();
  for (const { node, pods } of compared) {
    if (pods.length === 0) continue;
    const text = restartsOf(node, pods, certificateRenewal);
    texts.set(text, [...(texts.get(text) ?? []), node.name]);
  }
  if (texts.size === 0) return [];
  const message = [...texts].map(([text, nodes]) => `On ${nodes.join(', ')} ${text}.`).join(' ');
  return [{ check: 'static-pod-restarts', severity: 'info', node: null, message, next: null }];
}

function restartsOf({ to }: PlannedNode, pods: readonly ComparedPod[], certificateRenewal: boolean): string {
  const moves = (pod: ComparedPod): boolean => pod.losses.length > 0 || pod.comes.length > 0;
  const changed = pods.filter((pod) => moves(pod) || (pod.component !== 'etcd' && !isAt(pod.image, to)));
  const takesEtcd = changed.some(({ component }) => component === 'kube-apiserver');
  // kubeadm puts etcd's manifest in place again together with a new one of the API server.
  const restarting = pods.filter((pod) => changed.includes(pod) || (pod.component === 'etcd' && takesEtcd));
  if (restarting.length === 0) return 'no static pod restarts';
  const gains = pods.filter(({ comes }) => comes.length > 0).map(({ component, comes }) => `; of ${component} ${comes.join(', ')} ${comes.length === 1 ? 'is' : 'are'} new or changed`).join('');
  return `${restarting.map(({ component }) => component).join(', ')} ${restarting.length === 1 ? 'restarts' : 'restart'} for ${to}${certificateRenewal ? ', with renewed certificates' : ''}${gains}`;
}

function isAt(image: string | null, version: string): boolean {
  return image !== null && image.replace(/@.*$/, '').endsWith(`:${version.replace('+', '_')}`);
}
