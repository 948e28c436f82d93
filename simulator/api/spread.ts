import { selects } from '../../activities/kubernetes/selector.ts';
import type { Selector } from '../../activities/kubernetes/objects.ts';
import { ZONE_LABEL } from '../../workflows/domain/zone.ts';
import { isEnding, isOver, ownerOf } from './kinds.ts';
import type { Pod } from './kinds.ts';
import type { NodeFacts, NodeIndex } from './node-index.ts';
import type { PodIndex } from './pod-index.ts';

const HOSTNAME_LABEL = 'kubernetes.io/hostname';

/** Where the pods of the same owner are. */
export interface Spread {
  /** Why anti-affinity or a spread constraint keeps the pod away from the node; null where nothing does. */
  obstacle(node: NodeFacts): string | null;
  /** 0 (as crowded as any) to 100 (none of them near). */
  score(node: NodeFacts): number;
}

/** Looks at the pod's siblings alone: terms that select other workloads are taken as if they selected nothing. */
export function spreadOf(pod: Pod, index: PodIndex, nodes: NodeIndex): Spread {
  const owner = ownerOf(pod);
  const siblings = owner === null ? [] : index.ownedBy(owner.uid).filter((other) => other.spec.nodeName !== undefined && !isEnding(other) && !isOver(other));
  const perNode = countBy(siblings, (other) => other.spec.nodeName ?? '');
  const perZone = countBy(siblings, (other) => nodes.get(other.spec.nodeName ?? '')?.zone ?? '');
  const most = Math.max(1, ...perNode.values()) + Math.max(0, ...perZone.values());

  function near(topologyKey: string, node: NodeFacts): number {
    if (topologyKey === HOSTNAME_LABEL) return perNode.get(node.name) ?? 0;
    return topologyKey === ZONE_LABEL ? perZone.get(node.zone) ?? 0 : 0;
  }

  function fewest(topologyKey: string): number {
    const values = topologyKey === ZONE_LABEL ? new Set(nodes.all.filter((node) => !isControlPlane(node)).map((node) => node.zone)) : null;
    if (values === null) return siblings.length < nodes.all.length ? 0 : Math.min(...perNode.values());
    return Math.min(...[...values].map((zone) => perZone.get(zone) ?? 0));
  }

  const antiAffinity = (pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).filter((term) => selectsItself(pod, term.labelSelector));
  const constraints = (pod.spec.topologySpreadConstraints ?? [])
    .filter((constraint) => constraint.whenUnsatisfiable === 'DoNotSchedule' && selectsItself(pod, constraint.labelSelector))
    .map((constraint) => ({ ...constraint, fewest: fewest(constraint.topologyKey) }));

  return {
    obstacle: (node) => {
      if (antiAffinity.some((term) => near(term.topologyKey, node) > 0)) return "node(s) didn't match pod anti-affinity rules";
      if (constraints.some(({ topologyKey, maxSkew, fewest: least }) => near(topologyKey, node) + 1 - least > maxSkew)) return "node(s) didn't match pod topology spread constraints";
      return null;
    },
    score: (node) => (siblings.length === 0 ? 100 : 100 * (1 - ((perNode.get(node.name) ?? 0) + (perZone.get(node.zone) ?? 0)) / most)),
  };
}

function isControlPlane(node: NodeFacts): boolean {
  return Object.hasOwn(node.labels, 'node-role.kubernetes.io/control-plane');
}

function selectsItself(pod: Pod, selector: Selector | undefined): boolean {
  return selects(selector, pod.metadata.labels ?? {});
}

function countBy(pods: readonly Pod[], key: (pod: Pod) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const pod of pods) counts.set(key(pod), (counts.get(key(pod)) ?? 0) + 1);
  return counts;
}
