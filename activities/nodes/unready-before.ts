import type { UpgradeRef } from '../../workflows/domain/step.ts';
import type { Node, Pod } from '../kubernetes/objects.ts';
import { cordonMark, isMarkOf } from './cordon-mark.ts';
import { isNodeService } from './readiness.ts';
import { conditionOf, controllerOf, isMirror, isReady } from './ready.ts';

/**
 * Annotation that says what was not Ready on a node before its cordon: whose mark, then the DaemonSets. It is written with the cordon
 * and taken off with it, so that it outlives the death of a worker and a retry at any step.
 */
export const UNREADY_BEFORE = 'capstan.dev/unready-before';

/** What has not been Ready for less than this may be on its way: a rollout of our own, or a pod that has just started. */
const SETTLED_MS = 2 * 60_000;
/** An annotation is for people as well. */
const MOST = 30;

/** `namespace/name` of the DaemonSet whose pod serves this node. */
export function serviceOf(pod: Pod): string {
  return `${pod.metadata.namespace ?? 'default'}/${controllerOf(pod)?.name ?? pod.metadata.name}`;
}

/** DaemonSets whose pods on this node are not Ready and have not been for some time, sorted. Static pods are never among them. */
export function unreadyServices(pods: readonly Pod[], nowMs: number): readonly string[] {
  const unready = pods.filter((pod) => isNodeService(pod) && !isMirror(pod) && !isReady(pod) && isSettled(pod, nowMs));
  return [...new Set(unready.map(serviceOf))].toSorted();
}

function isSettled(pod: Pod, nowMs: number): boolean {
  const sinceMs = Date.parse(conditionOf(pod, 'Ready')?.lastTransitionTime ?? pod.metadata.creationTimestamp ?? '');
  return Number.isNaN(sinceMs) || nowMs - sinceMs >= SETTLED_MS;
}

/** Value of the annotation; null where nothing is to be said. */
export function unreadyMark(upgrade: UpgradeRef, services: readonly string[]): string | null {
  return services.length === 0 ? null : [cordonMark(upgrade, null), ...services.slice(0, MOST)].join(' ');
}

/** What was not Ready before this upgrade cordoned the node; empty where another upgrade wrote it down. */
export function unreadyBefore(node: Node | null, upgrade: UpgradeRef): readonly string[] {
  const [mark, ...services] = (node?.metadata.annotations?.[UNREADY_BEFORE] ?? '').split(' ');
  return isMarkOf(mark, upgrade) ? services : [];
}

/** For the note of a step; nothing where all were Ready. */
export function unreadyNote(services: readonly string[]): string {
  return services.length === 0 ? '' : `; not Ready before: ${services.join(', ')}`;
}
