import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compareStaticPod } from '../../activities/preflight/replaced/static-pod-losses.ts';
import { kubeletLosses } from '../../activities/preflight/replaced/kubelet-losses.ts';

/** Written by `kubeadm init phase … --dry-run` of v1.33.13 and v1.34.4. */
function manifest(name: string): string {
  return readFileSync(join(import.meta.dirname, 'fixtures/kubeadm', `${name}.yaml`), 'utf8');
}

const SERVER = manifest('kube-apiserver-of-1.33');
const ETCD = manifest('etcd-of-1.33');

function withFlag(text: string, flag: string): string {
  return text.replace(/^( *)- --secure-port=6443$/m, `$1- ${flag}\n$&`);
}

function lost(component: string, running: string, wanted: string): readonly string[] {
  return compareStaticPod(component, { running, wanted, plain: wanted }).losses.map(({ kind, what }) => `${kind}: ${what}`);
}

for (const { name, running, losses } of [
  { name: 'a provider of encryption', running: withFlag(SERVER, '--encryption-provider-config=/etc/kubernetes/enc/config.yaml'), losses: ['flag: --encryption-provider-config=/etc/kubernetes/enc/config.yaml'] },
  { name: 'an audit policy', running: withFlag(withFlag(SERVER, '--audit-policy-file=/etc/kubernetes/audit.yaml'), '--audit-log-maxage=30'), losses: ['flag: --audit-policy-file=/etc/kubernetes/audit.yaml', 'flag: --audit-log-maxage=30'] },
  { name: 'OIDC, whose values are not shown', running: withFlag(SERVER, '--oidc-client-id=s3cr3t-client'), losses: ['flag: --oidc-client-id'] },
  { name: 'a token in a flag, which is not shown', running: withFlag(SERVER, '--service-account-issuer=https://user:pass@issuer.example'), losses: ['flag: --service-account-issuer (kubeadm writes another value)'] },
  { name: 'a value of kubeadm\'s own flag', running: SERVER.replace('--secure-port=6443', '--secure-port=7443'), losses: ['flag: --secure-port=7443 (kubeadm writes 6443)'] },
  { name: 'a flag without a value', running: withFlag(SERVER, '--anonymous-auth'), losses: ['flag: --anonymous-auth=true'] },
  { name: 'one more authorizer', running: SERVER.replace('Node,RBAC', 'Node,RBAC,Webhook'), losses: ['flag: --authorization-mode (kubeadm writes another value)'] },
  { name: 'a volume of the host', running: SERVER.replace('    volumeMounts:\n', '    volumeMounts:\n    - {mountPath: /etc/audit, name: audit}\n').replace('  volumes:\n', '  volumes:\n  - {name: audit, hostPath: {path: /srv/audit}}\n'), losses: ['volume: the volume at /etc/audit (of /srv/audit)'] },
  { name: 'a mount that may be written', running: SERVER.replace(/(name: k8s-certs\n) {6}readOnly: true\n/, '$1'), losses: ['volume: the volume at /etc/kubernetes/pki'] },
  { name: 'another folder behind a mount', running: SERVER.replace('path: /etc/kubernetes/pki\n', 'path: /srv/pki\n'), losses: ['volume: the volume at /etc/kubernetes/pki (of /srv/pki)'] },
  { name: 'a proxy, whose value is not shown', running: SERVER.replace('    image:', '    env:\n    - {name: HTTPS_PROXY, value: "http://u:p@proxy.example"}\n    image:'), losses: ['env: the environment variable HTTPS_PROXY'] },
  { name: 'an image of another registry', running: SERVER.replace('registry.k8s.io/', 'mirror.example/'), losses: ['image: the image mirror.example/kube-apiserver:v1.33.13 (kubeadm writes registry.k8s.io/kube-apiserver:v1.33.13)'] },
  { name: 'an image with a tag of one\'s own', running: SERVER.replace('kube-apiserver:v1.33.13', 'kube-apiserver:v1.33.13-fix1'), losses: ['image: the image registry.k8s.io/kube-apiserver:v1.33.13-fix1 (kubeadm writes registry.k8s.io/kube-apiserver:v1.33.13)'] },
  { name: 'resources', running: SERVER.replace('cpu: 250m', 'cpu: "2"\n      limits:\n        memory: 8Gi'), losses: ['other: resources.requests.cpu: 2 (kubeadm writes 250m)', 'other: resources.limits.memory: 8Gi'] },
  { name: 'an annotation', running: SERVER.replace('  annotations:\n', '  annotations:\n    example.com/scrape: "true"\n'), losses: ['other: the annotation example.com/scrape'] },
  { name: 'a label', running: SERVER.replace('  labels:\n', '  labels:\n    team: a\n'), losses: ['other: the label team'] },
  { name: 'a second container', running: SERVER.replace('  hostNetwork: true\n', '  - {name: kms, image: "registry.example/kms:1"}\n  hostNetwork: true\n'), losses: ['other: the container kms'] },
  { name: 'host aliases', running: SERVER.replace('  hostNetwork: true\n', '  hostNetwork: true\n  hostAliases: [{ip: 192.0.2.1, hostnames: [idp.example]}]\n'), losses: ['other: spec.hostAliases'] },
  { name: 'a DNS policy', running: SERVER.replace('  hostNetwork: true\n', '  hostNetwork: true\n  dnsPolicy: ClusterFirstWithHostNet\n'), losses: ['other: spec.dnsPolicy'] },
  { name: 'a pull policy', running: SERVER.replace('IfNotPresent', 'Always'), losses: ['other: imagePullPolicy (kubeadm writes another value)'] },
  { name: 'a probe', running: SERVER.replace('failureThreshold: 8', 'failureThreshold: 20'), losses: ['probe: its livenessProbe'] },
] as const) {
  test(`the upgrade would take away ${name}`, () => {
    assert.notEqual(running, SERVER);
    assert.deepEqual(lost('kube-apiserver', running, SERVER), losses);
  });
}

for (const { name, component, running, wanted } of [
  { name: 'what another minor of kubeadm writes in another form', component: 'kube-apiserver', running: manifest('kube-apiserver-of-1.34'), wanted: SERVER },
  { name: 'that form the other way round', component: 'kube-apiserver', running: SERVER, wanted: manifest('kube-apiserver-of-1.34') },
  { name: 'a release', component: 'kube-apiserver', running: SERVER.replace('kube-apiserver:v1.33.13', 'kube-apiserver:v1.33.2'), wanted: SERVER },
  { name: 'an order, quotes and comments', component: 'kube-apiserver', running: SERVER.replace(/( *- --allow-privileged=true\n)( *- --authorization-mode=Node,RBAC\n)/, '$2$1 # by hand\n').replace('- --secure-port=6443', '- "--secure-port=6443"'), wanted: SERVER },
  { name: 'a list of features in another order', component: 'kube-apiserver', running: withFlag(SERVER, '--feature-gates=A=true,B=false'), wanted: withFlag(SERVER, '--feature-gates=B=false,A=true') },
  { name: 'a flag that came twice', component: 'kube-apiserver', running: withFlag(withFlag(SERVER, '--service-account-issuer=a'), '--service-account-issuer=b'), wanted: withFlag(withFlag(SERVER, '--service-account-issuer=b'), '--service-account-issuer=a') },
  { name: 'how a member joined', component: 'etcd', running: ETCD.replace(/--initial-cluster=.*/, '--initial-cluster=cp1=https://172.30.0.11:2380,cp2=https://172.30.0.12:2380\n    - --initial-cluster-state=existing'), wanted: ETCD },
  { name: 'the revision of etcd\'s image', component: 'etcd', running: ETCD.replace('3.5.24-0', '3.5.21-0'), wanted: ETCD },
  { name: 'a flag in two words', component: 'kube-apiserver', running: SERVER.replace('- --secure-port=6443', '- --secure-port\n    - "6443"'), wanted: SERVER },
]) {
  test(`${name} is not a loss`, () => {
    assert.deepEqual(lost(component, running, wanted), []);
  });
}

test('what kubeadm-config has and the running manifest has not is named as what comes, without its value', () => {
  assert.deepEqual(compareStaticPod('kube-apiserver', { running: SERVER, wanted: withFlag(SERVER, '--oidc-client-secret=x'), plain: SERVER }).comes, ['--oidc-client-secret']);
});

for (const { name, running, wanted, losses, comes } of [
  { name: 'what a patch changes of kubeadm\'s own', running: SERVER, wanted: SERVER.replace('cpu: 250m', 'cpu: "2"'), losses: [], comes: ['resources.requests.cpu'] },
  { name: 'another registry that kubeadm-config names now', running: SERVER, wanted: SERVER.replace('registry.k8s.io/', 'mirror.example/'), losses: [], comes: ['the image registry.k8s.io/kube-apiserver:v1.33.13'] },
  { name: 'a flag of kubeadm\'s that kubeadm-config sets otherwise', running: SERVER, wanted: SERVER.replace('Node,RBAC', 'Node,RBAC,Webhook'), losses: [], comes: ['--authorization-mode'] },
  { name: 'a flag of one\'s own that kubeadm-config names with another value', running: withFlag(SERVER, '--audit-log-maxage=30'), wanted: withFlag(SERVER, '--audit-log-maxage=10'), losses: ['--audit-log-maxage=30 (kubeadm writes 10)'], comes: [] },
]) {
  test(`${name} is the wish of whoever wrote it`, () => {
    const compared = compareStaticPod('kube-apiserver', { running, wanted, plain: SERVER });
    assert.deepEqual(compared, { losses: losses.map((what) => ({ kind: 'flag', what, isDecided: true })), comes });
  });
}

for (const { name, wanted, losses } of [
  { name: 'a flag', wanted: SERVER.replace(/ *- --allow-privileged=true\n/, ''), losses: ['flag: --allow-privileged=true'] },
  { name: 'a mount', wanted: SERVER.replace(/ *- mountPath: \/etc\/kubernetes\/pki\n.*\n.*\n/, ''), losses: ['volume: the volume at /etc/kubernetes/pki'] },
  { name: 'the volume of a mount', wanted: SERVER.replace(/ *- hostPath:\n *path: \/etc\/kubernetes\/pki\n.*\n.*\n/, ''), losses: ['volume: the volume at /etc/kubernetes/pki'] },
  { name: 'each flag', wanted: SERVER.replaceAll(/ *- --(secure-port|etcd-servers)=.*\n/g, ''), losses: ['flag: --etcd-servers', 'flag: --secure-port=6443'] },
  { name: 'the host\'s network', wanted: SERVER.replace('  hostNetwork: true\n', ''), losses: ['other: spec.hostNetwork: true'] },
  { name: 'a probe', wanted: SERVER.replace(/ {4}startupProbe:\n( {6}.*\n)+/, ''), losses: ['probe: its startupProbe'] },
]) {
  test(`${name} of kubeadm's own that a patch or kubeadm-config takes away is a loss`, () => {
    assert.notEqual(wanted, SERVER);
    const compared = compareStaticPod('kube-apiserver', { running: SERVER, wanted, plain: SERVER });
    assert.deepEqual(compared, { losses: losses.map((loss) => ({ kind: loss.split(': ')[0], what: `${loss.slice(loss.indexOf(': ') + 2)} (kubeadm's own, which kubeadm-config or a patch takes away)`, isDecided: false })), comes: [] });
  });
}

test('of a kubelet what a patch changes is not a loss, and what a person wrote there is', () => {
  const patched = { ...CLUSTER, clusterDNS: ['169.254.20.10'], maxPods: 250 };
  assert.deepEqual(kubeletLosses(`${HEAD}clusterDNS: [10.96.0.10]\n`, patched, CLUSTER), []);
  assert.deepEqual(kubeletLosses(`${HEAD}maxPods: 90\n`, patched, CLUSTER), ['maxPods: 90 (kubeadm writes 250)']);
});

test('a manifest that is not one of a pod cannot be compared', () => {
  assert.throws(() => compareStaticPod('etcd', { running: 'just text', wanted: ETCD, plain: ETCD }), /not a pod with a container etcd/);
});

/** The ConfigMap kubelet-config. */
const CLUSTER = { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration', clusterDNS: ['10.96.0.10'], authentication: { anonymous: { enabled: false } }, logging: { verbosity: 0 }, cpuManagerReconcilePeriod: '0s', memorySwap: {} };
const HEAD = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';

for (const [running, losses] of [
  ['failSwapOn: false\n', ['failSwapOn: false']],
  ['maxPods: 250\n', ['maxPods: 250']],
  ['evictionHard: {memory.available: 200Mi, nodefs.available: 5%}\n', ['evictionHard.memory.available: 200Mi', 'evictionHard.nodefs.available: 5%']],
  ['clusterDNS: [169.254.20.10]\n', ['clusterDNS (kubeadm writes another value)']],
  ['authentication: {anonymous: {enabled: true}}\n', ['authentication.anonymous.enabled: true (kubeadm writes false)']],
  ['staticPodURLHeader: {Authorization: ["Bearer s3cr3t"]}\n', ['staticPodURLHeader.Authorization']],
  ['systemReserved: {cpu: 500m}\nresolvConf: /etc/resolv.kubelet.conf\n', ['systemReserved.cpu: 500m', 'resolvConf: /etc/resolv.kubelet.conf']],
  ['protectKernelDefaults: true\n', ['protectKernelDefaults: true']],
  // kubeadm's own, of this node or by default, and what is not set.
  ['containerRuntimeEndpoint: unix:///run/crio/crio.sock\nresolvConf: /run/systemd/resolve/resolv.conf\n', []],
  ['staticPodPath: /etc/kubernetes/manifests\nhealthzPort: 10248\nrotateCertificates: true\ncgroupDriver: systemd\n', []],
  ['imageMinimumGCAge: 0s\nmemorySwap: {}\nlogging: {verbosity: 0, options: {}}\n', []],
  ['clusterDNS:\n- 10.96.0.10 # the Service\n', []],
  ['', []],
] as const) {
  test(`of a kubelet with ${JSON.stringify(running)} the upgrade takes ${losses.length === 0 ? 'nothing' : losses.join(', ')}`, () => {
    assert.deepEqual(kubeletLosses(HEAD + running, CLUSTER), losses);
  });
}
