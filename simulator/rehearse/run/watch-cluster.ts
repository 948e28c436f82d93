import type { Node, Pod } from '../../../activities/kubernetes/objects.ts';
import { conditionOf, isMirror, isReady } from '../../../activities/nodes/ready.ts';
import type { PlannedNode, UpgradePlan } from '../../../workflows/domain/plan.ts';
import type { StoreEvent } from '../../model.ts';
import { isDaemonPod, workloadOfPod } from './names.ts';
import type { EvictionRecord, PendingRecord } from './record.ts';
import { certain } from './world.ts';
import type { World } from './world.ts';

/** What is counted while the upgrade runs, from the twin's own events. */
export interface ClusterWatch {
  readonly down: ReadonlyMap<string, number>;
  readonly available: ReadonlyMap<string, number>;
  pending(): readonly PendingRecord[];
  evictions(): EvictionRecord;
}

export function watchCluster(world: World, plan: UpgradePlan): ClusterWatch {
  const down = watchNodes(world, plan);
  const available = watchReplicas(world);
  const pending = watchPending(world);
  const evictions = watchEvictions(world, plan);
  return { down, available, pending, evictions };
}

/** Groups that a node counts in: its pool, and the pool's part in its zone. */
export function groupsOf({ pool, zone, roles }: PlannedNode): readonly string[] {
  const name = roles.includes('control-plane') ? 'control-plane' : pool ?? 'workers';
  return zone === null ? [name] : [name, `${name}/${zone}`];
}

/** A node is down while it is cordoned by us or not Ready. */
function watchNodes(world: World, plan: UpgradePlan): ReadonlyMap<string, number> {
  const planned = new Map(plan.nodes.map((node) => [node.name, node]));
  const away = new Set<string>();
  const counts = new Map<string, number>();
  const most = new Map<string, number>();
  for (const group of plan.nodes.filter(({ changes }) => changes).flatMap(groupsOf)) most.set(group, 0);
  world.cluster.store.subscribe(({ resource, object }) => {
    const node = resource === 'nodes' ? planned.get(object.metadata.name) : undefined;
    if (node === undefined) return;
    const seen = certain<Node>(object);
    const isAway = (seen.spec.unschedulable === true && !node.cordoned) || !isReady(seen);
    if (isAway === away.has(node.name)) return;
    if (isAway) away.add(node.name);
    else away.delete(node.name);
    for (const group of groupsOf(node)) {
      const count = (counts.get(group) ?? 0) + (isAway ? 1 : -1);
      counts.set(group, count);
      if (count > (most.get(group) ?? 0)) most.set(group, count);
    }
  });
  return most;
}

/** Ready pods that are not on their way out, as a Deployment counts its available replicas. */
function watchReplicas(world: World): ReadonlyMap<string, number> {
  const owners = new Map<string, string>();
  const now = new Map<string, number>();
  const fewest = new Map<string, number>();
  const serves = (pod: Pod): boolean => isReady(pod) && pod.metadata.deletionTimestamp === undefined;
  const ownerOf = (pod: Pod): string => {
    const known = owners.get(pod.metadata.uid);
    if (known !== undefined) return known;
    const found = workloadOfPod(world, pod);
    owners.set(pod.metadata.uid, found);
    return found;
  };
  for (const pod of world.allPods()) {
    if (isMirror(pod) || isDaemonPod(pod)) continue;
    const owner = ownerOf(pod);
    now.set(owner, (now.get(owner) ?? 0) + (serves(pod) ? 1 : 0));
  }
  for (const [owner, count] of now) fewest.set(owner, count);
  world.cluster.store.subscribe(({ resource, type, object, previous }) => {
    if (resource !== 'pods') return;
    const pod = certain<Pod>(object);
    if (isMirror(pod) || isDaemonPod(pod)) return;
    const before = previous !== undefined && serves(certain<Pod>(previous));
    const after = type !== 'DELETED' && serves(pod);
    if (before === after) return;
    const owner = ownerOf(pod);
    const count = (now.get(owner) ?? 0) + (after ? 1 : -1);
    now.set(owner, count);
    if (count < (fewest.get(owner) ?? 0)) fewest.set(owner, count);
  });
  return fewest;
}

/** The scheduler looks again once a second: what waits no longer than this has only not been looked at. */
const LONG_MS = 5_000;

interface Waiting {
  readonly workload: string;
  readonly fromMs: number;
  readonly before: boolean;
  reason: string;
}

function watchPending(world: World): () => readonly PendingRecord[] {
  const waiting = new Map<string, Waiting>();
  const over: PendingRecord[] = [];

  function look(pod: Pod, before: boolean): void {
    const condition = conditionOf(pod, 'PodScheduled');
    if (pod.spec.nodeName !== undefined || condition?.status !== 'False') return;
    const known = waiting.get(pod.metadata.uid) ?? { workload: workloadOfPod(world, pod), fromMs: world.now(), before, reason: '' };
    known.reason = condition.message ?? 'no node has room for it';
    waiting.set(pod.metadata.uid, known);
  }

  function end(uid: string): void {
    const known = waiting.get(uid);
    if (known === undefined) return;
    waiting.delete(uid);
    if (world.now() - known.fromMs > LONG_MS) over.push({ ...known, untilMs: world.now() });
  }

  for (const pod of world.allPods()) look(pod, true);
  world.cluster.store.subscribe(({ resource, type, object }: StoreEvent) => {
    if (resource !== 'pods') return;
    const pod = certain<Pod>(object);
    if (type === 'DELETED' || pod.spec.nodeName !== undefined) end(pod.metadata.uid);
    else look(pod, false);
  });
  return () => [...over, ...[...waiting.values()].map((entry) => ({ ...entry, untilMs: null }))];
}

/** A pod that takes the place of an evicted one of its owner carries on that one's count. */
function watchEvictions(world: World, plan: UpgradePlan): () => EvictionRecord {
  const changing = new Set(plan.nodes.filter((node) => node.changes).map((node) => node.name));
  const moved = new Map<string, number>();
  const vacant = new Map<string, number[]>();
  let pods = 0;
  let worst: EvictionRecord['worst'] = null;
  for (const pod of world.allPods()) if (changing.has(pod.spec.nodeName ?? '') && !isMirror(pod) && !isDaemonPod(pod)) pods += 1;

  const ownerKey = (pod: Pod): string => pod.metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid ?? pod.metadata.uid;
  world.cluster.store.subscribe(({ resource, type, object, previous }) => {
    if (resource !== 'pods') return;
    const pod = certain<Pod>(object);
    if (isMirror(pod) || isDaemonPod(pod)) return;
    const key = ownerKey(pod);
    if (type === 'ADDED') moved.set(pod.metadata.uid, vacant.get(key)?.shift() ?? 0);
    if (type === 'DELETED') moved.delete(pod.metadata.uid);
    if (type !== 'MODIFIED' || pod.metadata.deletionTimestamp === undefined || previous?.metadata.deletionTimestamp !== undefined) return;
    if (conditionOf(pod, 'DisruptionTarget') === null) return;
    const times = (moved.get(pod.metadata.uid) ?? 0) + 1;
    const places = vacant.get(key);
    if (places === undefined) vacant.set(key, [times]);
    else places.push(times);
    if (times > (worst?.times ?? 0)) worst = { workload: workloadOfPod(world, pod), times };
  });
  return () => ({ evictions: world.cluster.evictions.length, pods, worst });
}
