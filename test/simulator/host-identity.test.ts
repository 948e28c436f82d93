/** Each host is tied to its node: an address that leads elsewhere is found before the start, and nothing runs on the wrong machine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Activities } from '../../activities/index.ts';
import { nodeOf } from '../../simulator/api/kinds.ts';
import type { Twin } from '../../simulator/twin.ts';
import type { Finding } from '../../workflows/domain/check.ts';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import type { PackageStepInput } from '../../workflows/domain/step.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';
import { activitiesOnTwin } from './support/activities-on-twin.ts';

interface Made {
  readonly twin: Twin;
  readonly activities: Activities;
  readonly spec: UpgradeSpec;
  /** Node, and whose address its spec names. */
  readonly led: (ways: Readonly<Record<string, string>>) => UpgradeSpec;
}

async function made(context: TestContext, way: 'shell' | 'recognised'): Promise<Made> {
  const { twin, activities, spec } = await activitiesOnTwin(context, 'identity', 3, way);
  const led = (ways: Readonly<Record<string, string>>): UpgradeSpec => ({ ...spec, nodes: Object.entries(ways).map(([name, other]) => ({ name, address: twin.hosts.host(other).address, port: null })) });
  return { twin, activities, spec, led };
}

async function planned({ activities }: Made, spec: UpgradeSpec): Promise<UpgradePlan> {
  return (await runActivity(activities.planUpgrade, { spec }).result).plan;
}

async function identityFindings({ activities }: Made, spec: UpgradeSpec, plan: UpgradePlan): Promise<readonly Finding[]> {
  const { findings } = await runActivity(activities.runPreflight, { spec, plan }).result;
  return findings.filter(({ check }) => check === 'host-identity');
}

function stepOn(spec: UpgradeSpec, plan: UpgradePlan, name: string): PackageStepInput {
  const node = plan.nodes.find((each) => each.name === name) ?? assert.fail(name);
  const upgrade = { cluster: spec.name, clusterUid: plan.clusterUid, id: 'u1', workflowId: `upgrade/${spec.name}`, access: spec.access };
  return { upgrade, node, retry: 0, epochMs: 1, repository: null, imageRepository: null, kubeadm: { ...spec.kubeadm, files: [] } };
}

function effectsOn(twin: Twin, names: readonly string[]): readonly string[] {
  return twin.journal.all().filter(({ node }) => names.includes(node)).map(({ node, effect }) => `${node} ${effect}`);
}

for (const way of ['shell', 'recognised'] as const) {
  test(`exchanged addresses block the preflight, and no step runs on the other's host (${way})`, async (context) => {
    const here = await made(context, way);
    const spec = here.led({ w1: 'w2', w2: 'w1', cp1: 'cp1', cp2: 'cp3', cp3: 'cp2' });
    const plan = await planned(here, spec);
    const findings = await identityFindings(here, spec, plan);
    assert.deepEqual(findings.map(({ node, severity }) => `${node} ${severity}`).toSorted(), ['cp2 block', 'cp3 block', 'w1 block', 'w2 block']);
    for (const { node, message, next } of findings) {
      assert.match(message, new RegExp(`^${node} .*: the host there has the machine id [0-9a-f]{32}, and node ${node} reports [0-9a-f]{32}`));
      assert.match(next ?? '', /Correct the address of/);
    }
    const { stageNode, upgradeKubeadm, upgradeKubelet, rollbackNode } = here.activities;
    // The control plane is not upgraded: a worker's step of its own version is the one that may run.
    const worker = stepOn(spec, plan, 'w1');
    for (const step of [stageNode, upgradeKubeadm, upgradeKubelet, rollbackNode]) {
      const failure = await failureOf(runActivity<PackageStepInput, unknown>(step, { ...worker, node: { ...worker.node, to: worker.node.from } }).result);
      assert.deepEqual([failure.type, failure.permanent], ['HostIsNotNode', true]);
    }
    const controlPlane = { ...stepOn(spec, plan, 'cp2'), force: false, members: plan.nodes.filter(({ roles }) => roles.includes('etcd')), acceptOutage: false };
    const restore = { ...controlPlane, snapshot: { file: '/none', sha256: '0', bytes: 1, revision: 1, takenAt: '', etcdVersion: '' } };
    const { upgradeControlPlane, upgradeEtcdMember, recordControlPlane, prepareRestore, stopControlPlane, restoreControlPlane, startControlPlane, restoreWorker } = here.activities;
    const others: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['upgradeControlPlane', () => runActivity(upgradeControlPlane, controlPlane).result], ['upgradeEtcdMember', () => runActivity(upgradeEtcdMember, controlPlane).result],
      ['recordControlPlane', () => runActivity(recordControlPlane, { upgrade: controlPlane.upgrade, nodes: [controlPlane.node], epochMs: 1 }).result],
      ['prepareRestore', () => runActivity(prepareRestore, restore).result], ['stopControlPlane', () => runActivity(stopControlPlane, restore).result],
      ['restoreControlPlane', () => runActivity(restoreControlPlane, restore).result], ['startControlPlane', () => runActivity(startControlPlane, restore).result],
      ['restoreWorker', () => runActivity(restoreWorker, { ...stepOn(spec, plan, 'w1'), snapshot: restore.snapshot }).result],
    ];
    for (const [name, call] of others) assert.equal((await failureOf(call())).type, 'HostIsNotNode', name);
    assert.deepEqual(effectsOn(here.twin, ['w1', 'w2', 'cp2', 'cp3']), []);
    for (const name of ['w1', 'w2', 'cp2', 'cp3']) assert.equal(here.twin.hosts.host(name).machine.files.exists(`${here.twin.hosts.host(name).machine.root}/var/lib/capstan/u1`), false, name);
  });
}

test('each at its own address: nothing is found, and a step runs', async (context) => {
  const here = await made(context, 'recognised');
  const plan = await planned(here, here.spec);
  assert.deepEqual(await identityFindings(here, here.spec, plan), []);
  assert.match((await runActivity(here.activities.stageNode, stepOn(here.spec, plan, 'w1')).result).note, /^packages kubeadm kubelet kubectl/);
});

test('a node that was registered again, or that moved to another machine, is not changed by a plan of before', async (context) => {
  const here = await made(context, 'recognised');
  const plan = await planned(here, here.spec);
  const commands = (): number => here.twin.hosts.host('w1').commands.length;
  const before = commands();
  const moves: readonly (readonly [Partial<UpgradePlan['nodes'][number]>, RegExp])[] = [
    [{ uid: 'former' }, /Node w1 of cluster identity was deleted and registered again/], [{ machineId: '0'.repeat(31) + '1' }, /Node w1 of cluster identity is on another machine since the plan was made/],
  ];
  for (const [change, says] of moves) {
    const input = stepOn(here.spec, plan, 'w1');
    const { stageNode, upgradeKubeadm, upgradeKubelet, rollbackNode } = here.activities;
    for (const step of [stageNode, upgradeKubeadm, upgradeKubelet, rollbackNode]) {
      const failure = await failureOf(runActivity<PackageStepInput, unknown>(step, { ...input, node: { ...input.node, ...change } }).result);
      assert.equal(failure.type, 'ClusterMoved');
      assert.match(failure.message, says);
    }
  }
  assert.equal(commands(), before);
});

test('cloned machines are told apart by their system UUIDs, and said before the start', async (context) => {
  const here = await made(context, 'recognised');
  const id = 'c'.repeat(32);
  for (const name of ['w1', 'w2']) {
    here.twin.model.store.update('nodes', null, name, (object) => {
      const node = nodeOf(object);
      return { ...node, status: { ...node.status, nodeInfo: { kubeletVersion: '', ...node.status.nodeInfo, machineID: id } } };
    });
    here.twin.hosts.host(name).machine.files.write('/etc/machine-id', `${id}\n`);
  }
  const plan = await planned(here, here.spec);
  assert.deepEqual((await identityFindings(here, here.spec, plan)).map(({ severity, node, message }) => `${severity} ${node} ${message}`), [
    `warn null Nodes w1, w2 report one machine id, ${id}: their machines were cloned with it, and it does not tie a host to its node; their hosts are told apart by their system UUIDs.`,
  ]);
  assert.match((await runActivity(here.activities.stageNode, stepOn(here.spec, plan, 'w1')).result).note, /^packages kubeadm kubelet kubectl/);
  const crossed = here.led({ w1: 'w2', w2: 'w1' });
  const blocked = await identityFindings(here, crossed, await planned(here, crossed));
  assert.deepEqual(blocked.filter(({ severity }) => severity === 'block').map(({ node }) => node), ['w1', 'w2']);
});
