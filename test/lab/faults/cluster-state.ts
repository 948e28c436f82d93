import assert from 'node:assert/strict';
import { kubectl } from '../lab.ts';
import type { LabState } from '../lab.ts';
import { etcdVersions, nodesOf, packagesOf } from '../scenario/evidence.ts';
import { until } from '../scenario/wait.ts';
import { packageVersion } from '../versions.ts';

const MINUTES = 60_000;

/** A whole lab at one version: kubelets, packages (held), nothing of ours left on any node, and every pod Ready. */
export async function assertWholeAt(lab: LabState, version: string, etcd: string): Promise<void> {
  await assertNodesAt(lab, lab.plan.nodes.map(({ name }) => name), version);
  const controlPlane = lab.plan.nodes.filter(({ role }) => role === 'control-plane').map(({ name }) => name);
  assert.deepEqual(await etcdVersions(lab, controlPlane), controlPlane.map(() => etcd));
  await until('every pod Ready', () => arePodsReady(lab), 5 * MINUTES);
}

/** Nodes at a version, by the API and by their own package manager, schedulable and without any mark of ours. */
export async function assertNodesAt(lab: LabState, names: readonly string[], version: string): Promise<void> {
  const nodes = (await nodesOf(lab)).filter(({ name }) => names.includes(name));
  assert.equal(nodes.length, names.length);
  for (const node of nodes) {
    assert.deepEqual([node.name, node.kubelet, node.ready, node.unschedulable], [node.name, version, true, false]);
    assert.ok(!node.annotations.some((annotation) => annotation.startsWith('capstan.dev/')), `${node.name}: ${node.annotations.join(' ')}`);
    const { versions, held } = await packagesOf(lab, node.name);
    assert.deepEqual(versions, ['kubeadm', 'kubectl', 'kubelet'].map((name) => `${name}=${packageVersion(version)}`), node.name);
    for (const name of ['kubeadm', 'kubectl', 'kubelet']) assert.ok(held.includes(name), `${node.name}: ${name} is not held`);
  }
}

async function arePodsReady(lab: LabState): Promise<boolean> {
  const lines = await kubectl(lab, ['get', 'pods', '-A', '--no-headers', '-o', 'custom-columns=P:.status.phase,R:.status.conditions[?(@.type=="Ready")].status'], { accept: [0, 1] });
  const pods = lines.split('\n').filter((line) => line !== '' && !line.startsWith('Succeeded'));
  return pods.length > 10 && pods.every((line) => line.split(/\s+/)[1] === 'True');
}

/** An object of the test's own, to tell what a restore kept and what it lost. One of an earlier run is replaced. */
export async function writeObject(lab: LabState, name: string): Promise<void> {
  await kubectl(lab, ['-n', 'lab', 'delete', 'configmap', name, '--ignore-not-found']);
  await kubectl(lab, ['-n', 'lab', 'create', 'configmap', name, `--from-literal=written=${new Date().toISOString()}`]);
}

export async function hasObject(lab: LabState, name: string): Promise<boolean> {
  return (await kubectl(lab, ['-n', 'lab', 'get', 'configmap', name, '--ignore-not-found', '-o', 'name'])) !== '';
}
