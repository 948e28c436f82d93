import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { kubeadmApplyArguments } from '../../activities/kubeadm/kubeadm-arguments.ts';
import { createKubeadmActivities } from '../../activities/kubeadm/kubeadm-activities.ts';
import { renderKubeadmConfig } from '../../activities/kubeadm/kubeadm-config-file.ts';
import { manualComponentConfigs } from '../../activities/kubeadm/plan-check.ts';
import type { Hosts } from '../../activities/hosts/port.ts';
import type { PlannedNode } from '../../workflows/domain/plan.ts';
import type { ControlPlaneStepInput } from '../../workflows/domain/step.ts';
import { plannedFile } from '../support/planned-file.ts';
import { openPlannedKube } from '../support/planned-kube.ts';
import type { PlannedKubeOptions } from '../support/planned-kube.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';
import { until } from '../support/until.ts';
import { hexIdOf, statusText, withEtcd } from './etcd-double.ts';
import { fakeHost } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';
import { KUBEADM, plannedNode, UPGRADE } from './inputs.ts';

const MEMBERS = ['cp1', 'cp2', 'cp3'].map((name) => plannedNode(name, 'control-plane'));
const FIRST = plannedNode('cp1', 'control-plane', true);
const AT_35 = { cp1: '3.5.24', cp2: '3.5.24', cp3: '3.5.24' };
const COMPONENTS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** What kubeadm does to a host: the etcd of cp1 first, then manifests and backups. */
const KUBEADM_WORKS = [
  'cp "$STATE/etcd/status-new" "$STATE/etcd/status"',
  'if [ -e "$STATE/hold" ]; then while [ -e "$STATE/hold" ]; do sleep 0.05; done; fi',
  'sed -i "s/v1.33.13/v1.34.4/" "$CAPSTAN_ROOT"/etc/kubernetes/manifests/*.yaml',
  'mkdir -p "$CAPSTAN_ROOT/etc/kubernetes/tmp/kubeadm-backup-etcd-2"',
  'echo 1.34.4 > "$STATE/serving"',
].join('\n');

function host(context: TestContext, leader = 'cp2'): FakeHost {
  const made = withEtcd(fakeHost('apt'), { leader, versions: AT_35 });
  context.after(() => made.remove());
  made.set('installed/kubeadm', '1.34.4-1.1\n');
  made.set('serving', '1.33.13\n');
  made.put('/etc/kubernetes/admin.conf', '');
  made.put('/etc/kubernetes/tmp/kubeadm-backup-etcd-1/etcd.yaml', '');
  for (const name of COMPONENTS) made.put(`/etc/kubernetes/manifests/${name}.yaml`, `    - --advertise-address=10.0.0.1\n    - --secure-port=6443\n    image: registry.k8s.io/${name}:v1.33.13\n`);
  made.set('etcd/status-new', statusText({ leader: 'cp2', versions: { ...AT_35, cp1: '3.6.5' } }, 'cp2'));
  made.set('kubeadm', KUBEADM_WORKS);
  return made;
}

function input(node: PlannedNode, change: Partial<ControlPlaneStepInput> = {}): ControlPlaneStepInput {
  return { upgrade: UPGRADE, node, retry: 0, epochMs: 1, imageRepository: null, kubeadm: KUBEADM, force: false, members: MEMBERS, acceptOutage: false, ...change };
}

function activities(made: FakeHost, kube: PlannedKubeOptions = {}) {
  return createKubeadmActivities({ openKube: openPlannedKube(kube), openHosts: async () => made.hosts, now: Date.now });
}

const MANUAL = [
  'API GROUP                 CURRENT VERSION   PREFERRED VERSION   MANUAL UPGRADE REQUIRED',
  'kubeproxy.config.k8s.io   v1alpha1          v1alpha1            no',
  'kubelet.config.k8s.io     v1alpha9          v1beta1             yes',
].join('\n');

test('the first node runs apply once for both steps, and its new backups are recorded', async (context) => {
  const made = host(context);

  const member = await runActivity(activities(made).upgradeEtcdMember, input(FIRST)).result;
  const plane = await runActivity(activities(made).upgradeControlPlane, input(FIRST)).result;

  assert.equal(member.changed, true);
  assert.deepEqual(made.started, ['kubeadmUpgrade']);
  assert.equal(made.journal(), 'kubeadm upgrade apply v1.34.4 --yes --certificate-renewal=true\n');
  assert.deepEqual(plane.backups, ['/etc/kubernetes/tmp/kubeadm-backup-etcd-2']);
  assert.equal(plane.note, 'kubeadm upgrade apply v1.34.4');
});

test('every other control-plane node runs kubeadm upgrade node', async (context) => {
  const made = host(context);
  await runActivity(activities(made, { kubeadmConfig: 'v1.34.4' }).upgradeControlPlane, input(plannedNode('cp1', 'control-plane'))).result;
  assert.equal(made.journal(), 'kubeadm upgrade node --certificate-renewal=true\n');
});

test('the member step ends when the member is back while kubeadm goes on', async (context) => {
  const made = host(context);
  made.set('hold', '');

  const member = await runActivity(activities(made).upgradeEtcdMember, input(FIRST)).result;
  const state = await made.hosts.claimStep(FIRST, { upgrade: 'u1', node: 'cp1', step: 'kubeadmUpgrade', retry: 0, fence: { epochMs: 0, attempt: 1 } });
  made.set('hold', null);
  await runActivity(activities(made).upgradeControlPlane, input(FIRST)).result;

  assert.equal(member.note, 'etcd 3.6.5');
  assert.equal(state, 'running');
  assert.deepEqual(made.started, ['kubeadmUpgrade']);
});

test('leadership is moved away before the member of the leader is touched', async (context) => {
  const made = host(context, 'cp1');
  await runActivity(activities(made).upgradeEtcdMember, input(FIRST)).result;
  assert.equal(made.journal(), `etcdctl move-leader ${hexIdOf('cp2')}\nkubeadm upgrade apply v1.34.4 --yes --certificate-renewal=true\n`);
});

test('an attempt claims the step before it looks at the gate', async (context) => {
  const made = host(context);
  await runActivity(activities(made).upgradeEtcdMember, input(FIRST)).result;
  const first = (what: string): number => made.asked.indexOf(what);
  assert.notEqual(first('claim kubeadmUpgrade'), -1);
  assert.ok(first('claim kubeadmUpgrade') < first('probe read-etcd'), made.asked.join(', '));
});

test('what ran when it was claimed does not begin again where it ends in between, although the retry is a later one', async (context) => {
  const made = host(context);
  made.set('hold', '');
  await runActivity(activities(made).upgradeEtcdMember, input(FIRST)).result;
  const hosts: Hosts = {
    ...made.hosts,
    claimStep: async (at, step) => {
      const state = await made.hosts.claimStep(at, step);
      made.set('hold', null);
      await until('kubeadm has ended', async () => (await made.hosts.claimStep(at, { ...step, retry: 0 })) === 'finished');
      assert.equal(state, 'running');
      return state;
    },
  };
  await runActivity(createKubeadmActivities({ openKube: openPlannedKube(), openHosts: async () => hosts, now: Date.now }).upgradeControlPlane, input(FIRST, { retry: 1 })).result;
  assert.deepEqual(made.started, ['kubeadmUpgrade']);
});

test('kubeadm is not started while the gate is shut', async (context) => {
  const made = host(context);
  made.set('etcd/health', JSON.stringify(['cp1', 'cp2'].map((name) => ({ endpoint: `https://${name}:2379`, health: true }))));
  let clock = 0;
  const { upgradeEtcdMember } = createKubeadmActivities({ openKube: openPlannedKube(), openHosts: async () => made.hosts, now: Date.now, elapsedMs: () => (clock += 200_000) });

  const failure = await failureOf(runActivity(upgradeEtcdMember, input(FIRST)).result);

  assert.equal(failure.type, 'GateTimeout');
  assert.match(failure.message, /cp3 is not healthy/);
  assert.deepEqual(made.started, []);
});

test('external etcd has no gate, and an upgrade without backups is none the worse', async (context) => {
  const made = host(context);
  made.set('etcd/members', '');
  made.set('kubeadm', KUBEADM_WORKS.split('\n').filter((line) => !line.startsWith('mkdir')).join('\n'));
  const plane = await runActivity(activities(made).upgradeControlPlane, input(FIRST, { members: [] })).result;
  assert.deepEqual(plane.backups, []);
});

test('a component config to be upgraded by hand stops the first node before anything happens', async (context) => {
  const made = host(context);
  made.set('plan', `[upgrade] ok\n\n${MANUAL}\n______\n`);

  const failure = await failureOf(runActivity(activities(made).upgradeControlPlane, input(FIRST)).result);

  assert.equal(failure.type, 'ComponentConfigManual');
  assert.ok(failure.message.includes(MANUAL));
  assert.deepEqual(made.started, []);
});

test('a plan that kubeadm refuses stops the first node with its words', async (context) => {
  const made = host(context);
  made.set('plan', '[upgrade/health] FATAL: node is not healthy\n');
  made.set('plan-exit', '1\n');
  const failure = await failureOf(runActivity(activities(made).upgradeControlPlane, input(FIRST)).result);
  assert.match(failure.message, /kubeadm upgrade plan v1\.34\.4 failed on cp1 \(cp1\.example\):\n\[upgrade\/health\] FATAL/);
});

test('a kubeadm that was cut off is run again as a new intent', async (context) => {
  const made = host(context);
  made.interrupt('kubeadmUpgrade');
  await runActivity(activities(made).upgradeControlPlane, input(FIRST)).result;
  assert.deepEqual(made.started, ['kubeadmUpgrade', 'kubeadmUpgrade']);
  assert.equal(made.journal(), 'kubeadm upgrade apply v1.34.4 --yes --certificate-renewal=true\n');
});

test('a kubeadm that runs beside ours makes an interrupted step unknown', async (context) => {
  const made = host(context);
  made.interrupt('kubeadmUpgrade');
  made.show('kubeadm', { cgroup: 'host' });
  const failure = await failureOf(runActivity(activities(made).upgradeControlPlane, input(FIRST)).result);
  assert.equal(failure.type, 'StepUnknown');
  assert.deepEqual(made.started, ['kubeadmUpgrade']);
});

test('a failed kubeadm names node, step, its last words and what to do', async (context) => {
  const made = host(context);
  made.set('kubeadm', "echo '[upgrade/apply] FATAL: timed out waiting for the condition'; exit 1");

  const failure = await failureOf(runActivity(activities(made).upgradeEtcdMember, input(FIRST)).result);

  assert.equal(failure.type, 'HostStepFailed');
  assert.match(failure.message, /kubeadmUpgrade failed on cp1 \(cp1\.example\): its command ended with exit code 1\.\n[\s\S]*timed out waiting/);
  assert.match(failure.next ?? '', /`capstan logs cp1 kubeadmUpgrade`, then `capstan retry cp1`/);
});

test('a kubeadm that ends well and leaves an old manifest is not believed', async (context) => {
  const made = host(context);
  made.set('kubeadm', 'cp "$STATE/etcd/status-new" "$STATE/etcd/status"');
  let clock = 0;
  const { upgradeControlPlane } = createKubeadmActivities({ openKube: openPlannedKube(), openHosts: async () => made.hosts, now: Date.now, elapsedMs: () => (clock += 50_000) });
  const failure = await failureOf(runActivity(upgradeControlPlane, input(FIRST)).result);
  assert.match(failure.message, /yet its control plane is not at v1\.34\.4: the manifest of kube-apiserver names registry\.k8s\.io\/kube-apiserver:v1\.33\.13/);
});

/** A flag that the new API server does not know: kubeadm waits for it in vain, puts the former manifest back, and ends with 1. */
const KUBEADM_GIVES_UP = [
  'echo "[upgrade/staticpods] Waiting for the kubelet to restart the component"',
  'echo "[upgrade/staticpods] This can take up to 5m0s"',
  'echo "error: error execution phase control-plane: couldn\'t upgrade control plane. kubeadm has tried to recover everything into the earlier state. Errors faced: timed out waiting for the condition" >&2',
  'echo "To see the stack trace of this error execute with --v=5 or higher" >&2',
  'exit 1',
].join('\n');

for (const first of [true, false]) {
  test(`a component that cannot start, which kubeadm ${first ? 'upgrade apply' : 'upgrade node'} takes back by itself, holds the node with kubeadm's words and nothing is run twice`, async (context) => {
    const made = host(context);
    made.set('kubeadm', KUBEADM_GIVES_UP);
    const before = COMPONENTS.map((name) => made.read(`/etc/kubernetes/manifests/${name}.yaml`));
    const node = plannedNode('cp1', 'control-plane', first);

    const failure = await failureOf(runActivity(activities(made, { kubeadmConfig: first ? 'v1.33.13' : 'v1.34.4' }).upgradeControlPlane, input(node)).result);

    assert.equal(failure.type, 'HostStepFailed');
    assert.match(failure.message, /couldn't upgrade control plane\. kubeadm has tried to recover everything into the earlier state\. Errors faced: timed out waiting for the condition/);
    assert.match(failure.next ?? '', /capstan logs cp1 kubeadmUpgrade.*capstan retry cp1/);
    assert.deepEqual(made.started, ['kubeadmUpgrade']);
    assert.deepEqual(COMPONENTS.map((name) => made.read(`/etc/kubernetes/manifests/${name}.yaml`)), before);

    // Once the flag is corrected a retry is a new run of the same command.
    made.set('kubeadm', KUBEADM_WORKS);
    await runActivity(activities(made, { kubeadmConfig: first ? 'v1.33.13' : 'v1.34.4' }).upgradeControlPlane, input(node, { retry: 1 })).result;
    assert.deepEqual(made.started, ['kubeadmUpgrade', 'kubeadmUpgrade']);
  });
}

test('kubeadm that cannot put etcd back says so, and its folder with the data is in the failure', async (context) => {
  const made = host(context);
  made.set('kubeadm', 'echo "error: fatal error rolling back local etcd cluster datadir: couldn\'t recover etcd database with error, the location of etcd backup: /etc/kubernetes/tmp/kubeadm-backup-etcd-2026-12-01-03-00-00" >&2\nexit 1\n');
  const failure = await failureOf(runActivity(activities(made).upgradeControlPlane, input(FIRST)).result);
  assert.equal(failure.type, 'HostStepFailed');
  assert.match(failure.message, /the location of etcd backup: \/etc\/kubernetes\/tmp\/kubeadm-backup-etcd-2026-12-01-03-00-00/);
});

test('the file of the spec is given to kubeadm with the options of the spec in it', async (context) => {
  const made = host(context);
  const folder = mkdtempSync(join(tmpdir(), 'capstan-config-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'kubeadm.yaml');
  writeFileSync(file, 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: UpgradeConfiguration\napply:\n  patches: {directory: /etc/kubernetes/patches}\n');
  const kubeadm = { certificateRenewal: false, ignorePreflightErrors: ['Swap'], componentConfigs: { file }, patches: null, files: [plannedFile('component-configs', 'componentConfigs', file)] };

  await runActivity(activities(made).upgradeControlPlane, input(FIRST, { kubeadm, force: true })).result;

  assert.equal(made.journal().replace(made.root, ''), 'kubeadm upgrade apply v1.34.4 --yes --ignore-preflight-errors=Swap --config /var/lib/capstan/u1/cp1/record/kubeadm-config.yaml\n');
  assert.equal(made.read('/var/lib/capstan/u1/cp1/record/kubeadm-config.yaml'), [
    'apiVersion: kubeadm.k8s.io/v1beta4', 'kind: UpgradeConfiguration', 'apply:', '  patches:', '    directory: /etc/kubernetes/patches',
    '  certificateRenewal: false', '  forceUpgrade: true', 'node:', '  certificateRenewal: false', '',
  ].join('\n'));
});

for (const { name, text, type = 'SpecInvalid', message } of [
  { name: 'a ClusterConfiguration', text: 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n', message: /it holds a ClusterConfiguration/ },
  { name: 'a dry run', text: 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: UpgradeConfiguration\napply: {dryRun: true}\n', message: /dry run/ },
  { name: 'broken YAML', text: 'a: [', message: /line \d+/ },
  { name: 'a document without a kind', text: 'a: 1\n', message: /no kind/ },
]) {
  test(`a kubeadm file with ${name} is refused`, () => {
    assert.throws(() => renderKubeadmConfig(text, 'k.yaml', { version: 'v1.34.4', kubeadm: KUBEADM, patches: null, force: false }), { type, message });
  });
}

test('a file that is missing is named with its path in the spec', async (context) => {
  const made = host(context);
  const kubeadm = { ...KUBEADM, componentConfigs: { file: '/nowhere/kubeadm.yaml' }, files: [plannedFile('component-configs', 'componentConfigs', '/nowhere/kubeadm.yaml')] };
  const failure = await failureOf(runActivity(activities(made).upgradeControlPlane, input(FIRST, { kubeadm })).result);
  assert.equal(failure.type, 'FileMissing');
  assert.match(failure.message, /^spec\.kubeadm\.componentConfigs\.file: \/nowhere\/kubeadm\.yaml/);
});

test('force and a release candidate become flags of apply', () => {
  assert.deepEqual(kubeadmApplyArguments('v1.35.0-rc.1', KUBEADM, { config: null, patches: null }, true), ['upgrade', 'apply', 'v1.35.0-rc.1', '--yes', '--certificate-renewal=true', '--force', '--allow-release-candidate-upgrades']);
});

test('a table in which nothing is manual stops nobody', () => {
  assert.equal(manualComponentConfigs(MANUAL.replace(/yes$/m, 'no')), null);
  assert.equal(manualComponentConfigs('No information available on component configs.'), null);
});
