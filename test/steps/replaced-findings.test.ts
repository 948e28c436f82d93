import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { replacedFindings } from '../../activities/preflight/replaced/replaced-findings.ts';
import { stepError } from '../../activities/step-error.ts';
import type { Workload } from '../../activities/kubernetes/objects.ts';
import type { Hosts } from '../../activities/hosts/port.ts';
import type { Finding } from '../../workflows/domain/check.ts';
import { executedSpec } from '../../workflows/domain/executed-spec.ts';
import type { PlannedNode, UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { runActivity } from '../support/run-activity.ts';
import { fakeHost } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';
import { KUBEADM, plannedNode, UPGRADE } from './inputs.ts';

const COMPONENTS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'] as const;
const CONFIGURATION = 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.33.13\nimageRepository: registry.k8s.io\n';
const KUBELET = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nhealthzPort: 10248\n';
const ENCRYPTION = '--encryption-provider-config=/etc/kubernetes/enc.yaml';

function manifest(component: string, flags: readonly string[] = []): string {
  const image = component === 'etcd' ? 'registry.k8s.io/etcd:3.5.24-0' : `registry.k8s.io/${component}:v1.33.13`;
  const annotation = component === 'kube-apiserver' ? "  annotations: \n    kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint: '[fd00::11]:6443'\n" : '';
  return `apiVersion: v1\nkind: Pod\nmetadata:\n${annotation}  name: ${component}\nspec:\n  containers:\n  - command:\n    - ${component}\n${flags.map((flag) => `    - ${flag}\n`).join('')}    image: ${image}\n    name: ${component}\n`;
}

function host(context: TestContext): FakeHost {
  const made = fakeHost('apt');
  context.after(() => made.remove());
  made.set('installed/kubeadm', '1.33.13-1.1\n');
  made.put('/var/lib/kubelet/config.yaml', KUBELET);
  // Where the doubles look.
  mkdirSync(join(made.root, '../state/wanted'));
  for (const name of COMPONENTS) {
    made.put(`/etc/kubernetes/manifests/${name}.yaml`, manifest(name));
    made.set(`wanted/${name}.yaml`, manifest(name));
  }
  return made;
}

function worker(context: TestContext): FakeHost {
  const made = fakeHost('apt');
  context.after(() => made.remove());
  made.put('/var/lib/kubelet/config.yaml', KUBELET);
  return made;
}

interface Cluster {
  readonly hosts: Readonly<Record<string, FakeHost>>;
  readonly kubelet?: string;
  readonly patches?: { readonly file: string };
  readonly maps?: (name: string) => string | undefined;
  readonly workloads?: Readonly<Record<string, Workload>>;
}

async function findings({ hosts, kubelet = KUBELET, patches, maps, workloads = {} }: Cluster, nodes?: readonly PlannedNode[]): Promise<readonly Finding[]> {
  const planned = nodes ?? Object.keys(hosts).map((name) => plannedNode(name, name.startsWith('cp') ? 'control-plane' : 'worker', name === 'cp1'));
  const spec: UpgradeSpec = {
    name: 'prod', driver: 'kubeadm', target: { version: 'v1.34.4' }, access: UPGRADE.access, nodes: [], exclude: [], etcd: { snapshot: { keep: 5 }, acceptOutage: false, backup: null }, staging: { width: 20 },
    pools: [], packages: { repository: null }, kubeadm: { ...KUBEADM, patches: patches ?? null }, addons: [],
  };
  const plan: UpgradePlan = { cluster: 'prod', clusterUid: 'uid', driver: 'kubeadm', from: 'v1.33.13', to: 'v1.34.4', hops: [], phases: [], nodes: planned, etcd: { kind: 'stacked', members: 1, outage: false }, changes: true, notes: [], imageRepository: null, spec: executedSpec(spec), files: [], hash: '' };
  const [first] = Object.values(hosts);
  assert.ok(first);
  const all: Hosts = { ...first.hosts, probe: (at, ...rest) => (hosts[at.name] ?? first).hosts.probe(at, ...rest) };
  const texts = maps ?? ((name: string) => (name === 'kubeadm-config' ? CONFIGURATION : kubelet));
  const getConfigMap = async (_namespace: string, name: string) => {
    const text = texts(name);
    return text === undefined ? null : { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, uid: 'u', resourceVersion: '1' }, data: { [name === 'kubeadm-config' ? 'ClusterConfiguration' : 'kubelet']: text } };
  };
  const options = { openKube: async () => ({ getConfigMap, getWorkload: async (_kind: string, _namespace: string, name: string) => workloads[name] ?? null }), openHosts: async () => all, outageMs: 0 };
  return runActivity(() => replacedFindings(options, plan, spec), undefined).result;
}

function problems(found: readonly Finding[]): readonly string[] {
  return found.filter(({ severity }) => severity !== 'info').map(({ check, severity, node, message }) => `${severity} ${check} ${node ?? '-'}: ${message}`);
}

function patchFolder(context: TestContext, files: Readonly<Record<string, string>>): { readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-patches-'));
  context.after(() => { rmSync(folder, { recursive: true }); });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return { file: folder };
}

test('where kubeadm writes what runs nothing is a problem, and what restarts is said', async (context) => {
  const found = await findings({ hosts: { cp1: host(context), w1: worker(context) } });
  assert.deepEqual(problems(found), []);
  assert.deepEqual(found.find(({ check }) => check === 'static-pod-restarts')?.message, 'On cp1 kube-apiserver, kube-controller-manager, kube-scheduler, etcd restart for v1.34.4, with renewed certificates.');
});

test('a provider of encryption that is not in kubeadm-config blocks, with what it means and the way to keep it', async (context) => {
  const made = host(context);
  made.put('/etc/kubernetes/manifests/kube-apiserver.yaml', manifest('kube-apiserver', [ENCRYPTION]));
  const found = await findings({ hosts: { cp1: made } });
  assert.deepEqual(problems(found), [`block static-pod-loss cp1: kube-apiserver runs with ${ENCRYPTION}, which kubeadm would not write: the upgrade would take it away. Without its provider of encryption the API server reads no object that is encrypted in etcd.`]);
  assert.equal(found.find(({ severity }) => severity === 'block')?.next, 'To keep it, put it into apiServer.extraArgs of the ClusterConfiguration in the ConfigMap kubeadm-config (kube-system), or into a patch of kube-apiserver in the folder that spec.kubeadm.patches names.');
});

test('each control-plane node is compared by itself: a flag of the third alone is found there', async (context) => {
  const third = host(context);
  third.put('/etc/kubernetes/manifests/etcd.yaml', manifest('etcd', ['--quota-backend-bytes=8589934592']));
  const found = await findings({ hosts: { cp1: host(context), cp2: host(context), cp3: third } });
  assert.deepEqual(problems(found), ['block static-pod-loss cp3: etcd runs with --quota-backend-bytes=8589934592, which kubeadm would not write: the upgrade would take it away.']);
});

test('kubeadm is asked in a folder of its own, with the node, its address, the version that runs, the patches, and without proxies', async (context) => {
  const made = host(context);
  const { probe } = made.hosts;
  // The environment of a login shell.
  const proxied: FakeHost = { ...made, hosts: { ...made.hosts, probe: (at, script, ...rest) => probe(at, { ...script, text: `export HTTPS_PROXY=http://u:p@proxy.example no_proxy=example\n${script.text}` }, ...rest) } };
  const before = readdirSync(join(made.root, 'etc/kubernetes'), { recursive: true });
  await findings({ hosts: { cp1: proxied }, patches: patchFolder(context, { 'etcd+json.yaml': '- {op: add, path: /spec/containers/0/command/-, value: --quota-backend-bytes=1}\n' }) });
  // The second time for what kubeadm would write without the patches.
  assert.match(made.get('init-configs') ?? '', /patches: /);
  assert.doesNotMatch(made.get('init-config') ?? '', /patches: /);
  assert.equal(made.get('init-configs')?.split('###\n')[0]?.replace(/directory: ".*"/, 'directory: "FOLDER"'), [
    'apiVersion: kubeadm.k8s.io/v1beta4', 'kind: InitConfiguration', 'localAPIEndpoint: {advertiseAddress: "fd00::11", bindPort: 6443}',
    'nodeRegistration: {name: "cp1", criSocket: "unix:///run/containerd/containerd.sock"}', 'patches: {directory: "FOLDER"}', '---',
    'apiVersion: kubeadm.k8s.io/v1beta4', 'kind: ClusterConfiguration', 'imageRepository: registry.k8s.io', '', 'kubernetesVersion: "v1.33.13"', '',
  ].join('\n'));
  assert.match(readFileSync(join(made.root, '../state/init-patches/etcd+json.yaml'), 'utf8'), /quota-backend-bytes/);
  assert.equal(made.get('init-proxies'), '');
  assert.deepEqual(readdirSync(join(made.root, 'etc/kubernetes'), { recursive: true }), before);
  assert.equal(made.journal(), '');
});

test('a kubeadm that no longer knows the version that runs is asked for its own', async (context) => {
  const made = host(context);
  made.set('installed/kubeadm', '1.35.1-1.1\n');
  made.set('refuses-v1.33.13', 'this version of kubeadm only supports deploying clusters with the control plane version >= 1.34.0. Current version: v1.33.13\n');
  assert.deepEqual(problems(await findings({ hosts: { cp1: made } })), []);
  assert.match(made.get('init-config') ?? '', /kubernetesVersion: "v1\.35\.1"/);
});

test('a kubeadm that makes no manifests blocks in its own words: what is lost cannot be told', async (context) => {
  const made = host(context);
  made.set('refuses-v1.33.13', 'invalid configuration: kind and apiVersion is mandatory\nTo see the stack trace of this error execute with --v=5 or higher\n');
  const found = problems(await findings({ hosts: { cp1: made } }));
  assert.equal(found.length, 1);
  assert.match(found[0] ?? '', /^block static-pod-loss cp1: what an upgrade would take .* cannot be told.*: invalid configuration: kind and apiVersion is mandatory$/);
});

test('what the cluster\'s own configuration says otherwise than what runs is a warning', async (context) => {
  const made = host(context);
  made.put('/etc/kubernetes/manifests/kube-apiserver.yaml', manifest('kube-apiserver', ['--audit-log-maxage=30']));
  made.set('wanted/kube-apiserver.yaml', manifest('kube-apiserver', ['--audit-log-maxage=10']));
  made.set('plain-apiserver', manifest('kube-apiserver'));
  const configuration = `${CONFIGURATION}apiServer: {extraArgs: [{name: audit-log-maxage, value: "10"}]}\n`;
  const found = problems(await findings({ hosts: { cp1: made }, maps: (name) => (name === 'kubeadm-config' ? configuration : KUBELET) }));
  assert.deepEqual(found, ['warn static-pod-loss cp1: kube-apiserver runs with --audit-log-maxage=30 (kubeadm writes 10), and the ConfigMap kubeadm-config or a patch says otherwise: the upgrade brings what they say.']);
});

test('what an upgrade would take from kube-proxy and CoreDNS is a warning, with a patch as the way for the one that has a target', async (context) => {
  const made = host(context);
  const labels = { 'k8s-app': 'x' };
  const workload = (name: string, more: object): Workload => {
    const container = { name, image: `r/${name}:v1.33.13`, terminationMessagePath: '/dev/termination-log', ...more };
    const template = { metadata: { labels }, spec: { containers: [container] } };
    return { metadata: { name, uid: 'u', resourceVersion: '1' }, spec: { template } };
  };
  const printed = (kind: string, name: string): string => `---\napiVersion: apps/v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec: {template: {metadata: {labels: {k8s-app: x}}, spec: {containers: [{name: ${name}, image: "r/${name}:v1.33.13"}]}}}\n`;
  made.set('addon-kube-proxy', printed('DaemonSet', 'kube-proxy'));
  made.set('addon-coredns', printed('Deployment', 'coredns'));
  const asWritten = { 'kube-proxy': workload('kube-proxy', {}), coredns: workload('coredns', {}) };
  assert.deepEqual(problems(await findings({ hosts: { cp1: made }, workloads: asWritten })), []);
  const changed = { 'kube-proxy': workload('kube-proxy', { resources: { limits: { cpu: '1' } } }), coredns: workload('coredns', { env: [{ name: 'A', value: 'b' }] }) };
  const found = await findings({ hosts: { cp1: made, cp2: host(context) }, workloads: changed });
  assert.deepEqual(problems(found), [
    'warn addon-loss -: the DaemonSet kube-proxy has resources.limits.cpu: 1, which kubeadm would not write: the upgrade would take it away.',
    'warn addon-loss -: the Deployment coredns has the environment variable A, which kubeadm would not write: the upgrade would take it away.',
  ]);
  assert.match(found.find(({ message }) => message.includes('coredns'))?.next ?? '', /patch of corednsdeployment/);
  made.set('addon-coredns', null);
  assert.match(problems(await findings({ hosts: { cp1: made }, workloads: asWritten })).join(), /^warn addon-loss -: what an upgrade would take from the Deployment coredns cannot be told/);
});

test('a kubelet\'s own keys block on their node, whatever its role, and a patch or the ConfigMap keeps them', async (context) => {
  const [plane, own] = [host(context), worker(context)];
  plane.put('/var/lib/kubelet/config.yaml', `${KUBELET}failSwapOn: false\n`);
  own.put('/var/lib/kubelet/config.yaml', `${KUBELET}maxPods: 250\n`);
  const hosts = { cp1: plane, w1: own, w2: worker(context) };
  assert.deepEqual(problems(await findings({ hosts })), [
    'block kubelet-config-loss cp1: /var/lib/kubelet/config.yaml has failSwapOn: false, and kubeadm writes that file from the ConfigMap kubelet-config: the upgrade would take it away.',
    'block kubelet-config-loss w1: /var/lib/kubelet/config.yaml has maxPods: 250, and kubeadm writes that file from the ConfigMap kubelet-config: the upgrade would take it away.',
  ]);
  assert.deepEqual(problems(await findings({ hosts, kubelet: `${KUBELET}failSwapOn: false\nmaxPods: 250\n` })), []);
  const patches = patchFolder(context, { 'kubeletconfiguration0.yaml': 'maxPods: 250\n', 'kubeletconfiguration1+json.yaml': '- {op: add, path: /failSwapOn, value: false}\n' });
  assert.deepEqual(problems(await findings({ hosts, patches })), []);
});

test('bad patches block, and nothing that they might keep is called lost', async (context) => {
  const made = host(context);
  made.put('/etc/kubernetes/manifests/kube-apiserver.yaml', manifest('kube-apiserver', [ENCRYPTION]));
  const found = problems(await findings({ hosts: { cp1: made }, patches: patchFolder(context, { 'kube-apiserver.yaml': 'metadata: {name: api}\n' }) }));
  assert.equal(found.length, 1);
  assert.match(found[0] ?? '', /^block kubeadm-patches -: spec\.kubeadm\.patches\.file: .*it changes metadata\.name, which is kubeadm's own$/);
  const missing = problems(await findings({ hosts: { cp1: made }, patches: patchFolder(context, { 'kubeletconfiguration+json.yaml': '- {op: add, path: /evictionHard/a, value: 1}\n' }) }));
  assert.match(missing.join(), /^block kubeadm-patches -: a patch of kubeletconfiguration names \/evictionHard\/a, and nothing is there$/);
});

test('a ConfigMap that is not there is an error with its name, since kubeadm upgrades from it', async (context) => {
  const made = host(context);
  await assert.rejects(findings({ hosts: { cp1: made }, maps: (name) => (name === 'kubeadm-config' ? CONFIGURATION : undefined) }), { message: /The ConfigMap kubelet-config in kube-system has no key kubelet, or is not there/ });
  await assert.rejects(findings({ hosts: { cp1: made }, maps: () => 'a: [' }), { message: /The ConfigMap kubeadm-config in kube-system cannot be parsed/ });
});

test('external etcd is not compared, and a manifest that kubeadm does not write is left alone', async (context) => {
  const made = host(context);
  rmSync(join(made.root, 'etc/kubernetes/manifests/etcd.yaml'));
  made.put('/etc/kubernetes/manifests/kube-vip.yaml', 'kind: Pod\n');
  const found = await findings({ hosts: { cp1: made } });
  assert.deepEqual(problems(found), []);
  assert.match(found.find(({ check }) => check === 'static-pod-restarts')?.message ?? '', /^On cp1 kube-apiserver, kube-controller-manager, kube-scheduler restart for/);
});

test('files that cannot be parsed block by their name', async (context) => {
  const made = host(context);
  made.put('/etc/kubernetes/manifests/kube-scheduler.yaml', 'kind: [\n');
  made.put('/var/lib/kubelet/config.yaml', 'a: [\n');
  const found = problems(await findings({ hosts: { cp1: made } }));
  assert.match(found[0] ?? '', /^block static-pod-loss cp1: kube-scheduler runs with a manifest that cannot be compared/);
  assert.match(found[1] ?? '', /^block kubelet-config-loss cp1: \/var\/lib\/kubelet\/config\.yaml cannot be parsed/);
});

test('a host that cannot be reached is a finding, and the others are compared', async (context) => {
  const made = host(context);
  const away: FakeHost = { ...worker(context), hosts: { ...made.hosts, probe: () => Promise.reject(stepError('HostUnreachable', 'w1 (w1.example:22) does not answer: ECONNREFUSED', 'Start sshd there.')) } };
  made.put('/etc/kubernetes/manifests/etcd.yaml', manifest('etcd', ['--auto-compaction-retention=1h']));
  assert.deepEqual(problems(await findings({ hosts: { cp1: made, w1: away } })).map((text) => text.split(' ').slice(0, 4).join(' ')), ['block static-pod-loss cp1: etcd', 'block host-access w1: w1']);
});

test('nodes that restart the same are named together; what is at the version restarts nothing, and what comes is said', async (context) => {
  const [done, gains] = [host(context), host(context)];
  for (const name of COMPONENTS) {
    const atTarget = manifest(name).replace('v1.33.13', 'v1.34.4');
    done.put(`/etc/kubernetes/manifests/${name}.yaml`, atTarget);
    done.set(`wanted/${name}.yaml`, atTarget);
  }
  gains.set('wanted/kube-apiserver.yaml', manifest('kube-apiserver', ['--oidc-client-secret=x']));
  const found = await findings({ hosts: { cp1: host(context), cp2: done, cp3: host(context), cp4: gains } });
  assert.equal(found.find(({ check }) => check === 'static-pod-restarts')?.message, [
    'On cp1, cp3 kube-apiserver, kube-controller-manager, kube-scheduler, etcd restart for v1.34.4, with renewed certificates.',
    'On cp2 no static pod restarts.',
    'On cp4 kube-apiserver, kube-controller-manager, kube-scheduler, etcd restart for v1.34.4, with renewed certificates; of kube-apiserver --oidc-client-secret is new or changed.',
  ].join(' '));
});
