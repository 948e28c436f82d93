/** A twin's control plane that was upgraded goes back to its snapshot: what is asserted are the twin's own hosts and its API's objects. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createSnapshotEtcd } from '../../../activities/etcd/snapshot-etcd.ts';
import { createRecordControlPlane } from '../../../activities/kubeadm/record-control-plane.ts';
import { createRestoreSteps } from '../../../activities/restore/restore-steps.ts';
import type { RestorePackagesInput, RestoreSnapshot, RestoreStepInput } from '../../../workflows/domain/restore.ts';
import type { ScriptWay } from '../../../simulator/hosts/port.ts';
import { until } from '../../support/until.ts';
import { failureOf, runActivity } from '../../support/run-activity.ts';
import { packageInput, upgradeNode } from './inputs.ts';
import { describe, startTestTwin } from './twin.ts';
import type { TestTwin } from './twin.ts';

const MEMBERS = ['cp1', 'cp2', 'cp3'];

interface Restorable {
  readonly twin: TestTwin;
  readonly steps: ReturnType<typeof createRestoreSteps>;
  input(name: string, epochMs?: number): RestoreStepInput & RestorePackagesInput;
  /** The step on these nodes at once. */
  together(step: (input: RestoreStepInput & RestorePackagesInput) => Promise<unknown>, epochMs?: number, names?: readonly string[]): Promise<void>;
}

/** Three members and a worker at v1.33.13, recorded and with a snapshot; then all of them upgraded, and something written. */
async function upgradedTwin(context: TestContext, way: ScriptWay = 'shell'): Promise<Restorable> {
  const twin = await startTestTwin(context, describe(3, 1), { way });
  const options = { openHosts: () => Promise.resolve(twin.worker), now: Date.now };
  const { upgrade } = packageInput(twin, 'cp1');
  const nodes = MEMBERS.map(twin.planned);
  const snapshot = await takeSnapshot(twin);
  await runActivity(createRecordControlPlane(options), { upgrade, nodes, epochMs: 1 }).result;
  for (const name of [...MEMBERS, 'w1']) await upgradeNode(twin, name);
  twin.model.store.put('configmaps', configMap('written-since'));
  twin.model.store.remove('configmaps', 'default', 'there-before');
  const back = (name: string) => ({ ...twin.planned(name), from: 'v1.34.4', to: 'v1.33.13' });
  const input = (name: string, epochMs = 1000): RestoreStepInput & RestorePackagesInput => ({ ...packageInput(twin, name), epochMs, node: back(name), snapshot, members: MEMBERS.map(back) });
  return {
    twin, steps: createRestoreSteps(options), input,
    together: async (step, epochMs, names = MEMBERS) => { await Promise.all(names.map((name) => runActivity(step, input(name, epochMs)).result)); },
  };

  async function takeSnapshot({ model }: TestTwin): Promise<RestoreSnapshot> {
    model.store.put('configmaps', configMap('there-before'));
    const stateDir = mkdtempSync(join(tmpdir(), 'capstan-restore-'));
    context.after(() => rmSync(stateDir, { recursive: true, force: true }));
    const { file, sha256, bytes, revision, takenAt } = await runActivity(createSnapshotEtcd({ ...options, stateDir }), {
      upgrade, members: nodes, nodes, etcd: { snapshot: { keep: 2 }, acceptOutage: false, backup: null }, epochMs: 1,
    }).result;
    return { file, sha256, bytes, revision, takenAt, etcdVersion: '3.5.24' };
  }
}

function configMap(name: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name } };
}

async function restoreAll({ steps, together }: Restorable, epochMs?: number): Promise<void> {
  await together(steps.prepareRestore, epochMs);
  await together(steps.stopControlPlane, epochMs);
  await together(steps.restoreControlPlane, epochMs);
  await Promise.all([together(steps.startControlPlane, epochMs), together(steps.restoreWorker, epochMs, ['w1'])]);
}

function assertRestored({ twin }: Restorable): void {
  for (const name of [...MEMBERS, 'w1']) {
    const { machine } = twin.hosts.host(name);
    assert.deepEqual([machine.kubelet.version, machine.kubelet.running, machine.packages.get('kubelet')], ['v1.33.13', true, { version: '1.33.13-1.1', held: true, half: false }]);
    if (name !== 'w1') assert.equal(machine.apiServer.version, 'v1.33.13');
  }
  assert.deepEqual(twin.hosts.etcd.members.map(({ version, running }) => [version, running]), MEMBERS.map(() => ['3.5.24', true]));
  const { store } = twin.model;
  assert.match(JSON.stringify(store.get('configmaps', 'kube-system', 'kubeadm-config')), /kubernetesVersion: v1\.33\.13/);
  assert.equal(store.get('configmaps', 'default', 'written-since'), null);
  assert.notEqual(store.get('configmaps', 'default', 'there-before'), null);
}

/** The same of both ways in which scripts run. */
function onBoth(name: string, body: (context: TestContext, way: ScriptWay) => Promise<void>): void {
  for (const way of ['shell', 'recognised'] as const satisfies readonly ScriptWay[]) test(`${name} (${way})`, (context) => body(context, way));
}

onBoth('an upgraded control plane goes back to its snapshot, and a second time: versions, kubeadm-config, and what was written since is gone', async (context, way) => {
  const made = await upgradedTwin(context, way);
  await restoreAll(made);
  assertRestored(made);
  made.twin.model.store.put('configmaps', configMap('written-since'));
  await restoreAll(made, 2000);
  assertRestored(made);
});

test('one started member alone does not answer, and the objects of the snapshot are back with the second', async (context) => {
  const made = await upgradedTwin(context);
  const { twin, steps, together, input } = made;
  await together(steps.prepareRestore);
  await together(steps.stopControlPlane);
  assert.equal(twin.hosts.etcd.hasQuorum(), false);
  await together(steps.restoreControlPlane);
  const first = runActivity(steps.startControlPlane, input('cp1'));
  await until('the first kubelet runs', () => twin.hosts.host('cp1').machine.kubelet.running);
  assert.notEqual(twin.model.store.get('configmaps', 'default', 'written-since'), null);
  await Promise.all([first.result, together(steps.startControlPlane, undefined, ['cp2', 'cp3'])]);
  assert.equal(twin.model.store.get('configmaps', 'default', 'written-since'), null);
});

onBoth('a restore whose step is killed on one host, and whose host reboots in between, is taken up and finished', async (context, way) => {
  const made = await upgradedTwin(context, way);
  const { twin, steps, together } = made;
  await together(steps.prepareRestore);
  await together(steps.stopControlPlane);
  twin.hosts.host('cp2').reboot(20_000);
  await until('the host is back', () => twin.hosts.host('cp2').machine.kubelet.running);
  assert.equal(twin.hosts.etcd.member('cp2')?.running, false);
  twin.hosts.host('cp3').addFault({ operation: 'install packages', occurrence: 3, effect: { kind: 'kill' } });
  await together(steps.restoreControlPlane);
  await Promise.all([together(steps.startControlPlane), together(steps.restoreWorker, undefined, ['w1'])]);
  assertRestored(made);
});

test('nothing stops on a host that the snapshot was not restored on', async (context) => {
  const { twin, steps, input } = await upgradedTwin(context);
  const failure = await failureOf(runActivity(steps.stopControlPlane, input('cp1')).result);
  assert.match(failure.message, /the snapshot was not restored on this host/);
  assert.equal(twin.hosts.host('cp1').machine.kubelet.running, true);
});
