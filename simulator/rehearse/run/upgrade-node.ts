import { readinessProblems } from '../../../activities/nodes/readiness.ts';
import { withoutTaint } from '../../../activities/nodes/pending-taint.ts';
import type { Lease } from '../../../activities/kubernetes/objects.ts';
import { drainPolicy } from '../../../workflows/domain/drain-policy.ts';
import type { PlannedNode } from '../../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../../workflows/domain/spec.ts';
import { staticPodImages } from '../../components.ts';
import type { Timings } from '../../description.ts';
import { drain } from './drain.ts';
import { ENGINE_TIMES, IMAGES, READY_TIMEOUT_MS, SETTLE_MS } from './engine-times.ts';
import type { DrainRecord, NodeRecord } from './record.ts';
import { certain } from './world.ts';
import type { World } from './world.ts';

export interface NodeContext {
  readonly world: World;
  readonly spec: UpgradeSpec;
  readonly timings: Timings;
  /** Told when the node has nothing left to evict: its budgets are free for others. */
  readonly onDrained: (node: string) => void;
}

export interface NodeOutcome {
  readonly node: NodeRecord;
  readonly drains: readonly DrainRecord[];
}

/** Fetches packages and images; nothing on the node changes. */
export async function stageNode({ world, timings }: NodeContext, node: PlannedNode): Promise<void> {
  await world.sleepFor(ENGINE_TIMES.hostStep, node.name, 'stage');
  await world.sleepFor(timings.fetchPackages, node.name, 'fetch');
  const images = isControlPlane(node) ? IMAGES.controlPlane : IMAGES.worker;
  for (let image = 0; image < images; image += 1) await world.sleepFor(timings.pullImage, node.name, 'pull', String(image));
}

/** One node from the kubeadm package to uncordon, in the engine's order. */
export async function upgradeNode(context: NodeContext, node: PlannedNode): Promise<NodeOutcome> {
  const { world, spec } = context;
  const startMs = world.now();
  await prepare(context, node);
  const policy = drainPolicy(spec, node);
  const cordonMs = world.now();
  await world.sleepFor(ENGINE_TIMES.apiStep, node.name, 'cordon');
  world.changeNode(node.name, (known) => ({ ...known, unschedulable: true }));
  const { drained, records } = policy.enabled ? await drain(world, node, policy) : { drained: true, records: [] };
  context.onDrained(node.name);
  const drainMs = world.now() - cordonMs;
  const outcome = (state: NodeRecord['state']): NodeOutcome => {
    const endMs = world.now();
    return { node: { startMs, endMs, downMs: endMs - cordonMs, drainMs, state }, drains: records };
  };
  // As after `capstan skip`: a control-plane node cannot be left half-way, so its pods are taken for moved by a person.
  if (!drained && !isControlPlane(node)) {
    uncordon(world, node);
    return outcome('held');
  }
  await restartKubelet(context, node);
  const ready = await waitReady(world, node);
  await world.sleepFor(ENGINE_TIMES.apiStep, node.name, 'uncordon');
  uncordon(world, node);
  return outcome(drained && ready ? 'done' : 'held');
}

async function prepare({ world, timings }: NodeContext, node: PlannedNode): Promise<void> {
  await world.sleepFor(ENGINE_TIMES.hostStep, node.name, 'upgradeKubeadm');
  await world.sleepFor(timings.installPackages, node.name, 'kubeadm package');
  if (!isControlPlane(node)) {
    await world.sleepFor(timings.kubeadmWorker, node.name, 'kubeadm');
    return;
  }
  await world.sleepFor(ENGINE_TIMES.hostStep, node.name, 'upgradeControlPlane');
  if (node.roles.includes('etcd')) await world.sleepFor(timings.kubeadmEtcd, node.name, 'etcd');
  await world.sleepFor(timings.kubeadmControlPlane, node.name, 'kubeadm');
  world.cluster.kubelets.setStaticPods(node.name, staticPodImages(node.to));
}

async function restartKubelet({ world, timings }: NodeContext, node: PlannedNode): Promise<void> {
  await world.sleepFor(ENGINE_TIMES.hostStep, node.name, 'upgradeKubelet');
  await world.sleepFor(timings.installPackages, node.name, 'kubelet package');
  world.cluster.kubelets.stop(node.name);
  await world.sleepFor(timings.restartKubelet, node.name, 'restart');
  world.cluster.kubelets.start(node.name, node.to);
}

/** False where it was not Ready in the time that the engine gives it. */
async function waitReady(world: World, node: PlannedNode): Promise<boolean> {
  const deadlineMs = world.now() + READY_TIMEOUT_MS;
  let goodSinceMs: number | null = null;
  for (;;) {
    const lease = world.cluster.store.get('leases', 'kube-node-lease', node.name);
    const view = { node: world.node(node.name), lease: lease === null ? null : certain<Lease>(lease), pods: world.podsOn(node.name), version: node.to, restartedAt: null };
    const isGood = readinessProblems(view).length === 0;
    if (!isGood) goodSinceMs = null;
    else goodSinceMs ??= world.now();
    if (goodSinceMs !== null && world.now() - goodSinceMs >= SETTLE_MS) return true;
    const leftMs = goodSinceMs === null ? deadlineMs - world.now() : SETTLE_MS - (world.now() - goodSinceMs);
    if (leftMs <= 0) return false;
    await world.changed(node.name, leftMs);
  }
}

function uncordon(world: World, node: PlannedNode): void {
  const known = world.node(node.name);
  if (known === null) return;
  const taints = withoutTaint(known);
  world.changeNode(node.name, ({ unschedulable: _cordon, taints: _taints, ...spec }) => ({
    ...spec, ...(node.cordoned ? { unschedulable: true } : {}), ...(taints.length === 0 ? {} : { taints }),
  }));
}

function isControlPlane(node: PlannedNode): boolean {
  return node.roles.includes('control-plane');
}
