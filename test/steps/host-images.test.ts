import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runActivity } from '../support/run-activity.ts';
import { blocks, checkedHost as host, findings, packageSteps, said, W1 } from './checked-host.ts';
import type { FakeHost } from './fake-host.ts';
import { packageInput, plannedNode } from './inputs.ts';

const CRICTL = readFileSync(join(import.meta.dirname, 'doubles/cri/crictl'), 'utf8');
const SOCKET = 'unix:///run/containerd/containerd.sock';
const CMDLINE = '/proc/4242/cmdline';

function withCrictl(made: FakeHost, runtime = SOCKET): FakeHost {
  made.program('crictl', CRICTL);
  made.set('runtime', runtime);
  made.set('images', 'registry.k8s.io/pause:3.10.1\n');
  return made;
}

async function ofImages(made: FakeHost): Promise<string> {
  const found = await findings(made, { nodes: [W1] });
  return found.filter((finding) => finding.check === 'host-images').map(({ severity, message }) => `${severity}: ${message}`).join('\n');
}

for (const { name, runtime, put } of [
  { name: 'the kubelet\'s default where nobody names one', runtime: SOCKET, put: {} },
  { name: 'a flag of the running kubelet', runtime: 'unix:///run/crio/crio.sock', put: { [CMDLINE]: 'kubelet\0--container-runtime-endpoint=unix:///run/crio/crio.sock\0' } },
  { name: 'containerRuntimeEndpoint of its configuration', runtime: 'unix:///run/k/c.sock', put: { '/var/lib/kubelet/config.yaml': 'containerRuntimeEndpoint: "unix:///run/k/c.sock" # ours\n' } },
  { name: 'a drop-in', runtime: 'unix:///run/d.sock', put: { [CMDLINE]: 'kubelet\0--config-dir=/etc/k.d\0', '/etc/k.d/a.conf': 'containerRuntimeEndpoint: unix:///run/d.sock\n' } },
  { name: 'kubeadm-flags.env of a kubelet that does not run', runtime: 'unix:///run/f.sock', put: { '/var/lib/kubelet/kubeadm-flags.env': 'KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///run/f.sock --v=2"\n' } },
  { name: 'imageServiceEndpoint where images have one of their own', runtime: 'unix:///run/stargz.sock', put: { '/var/lib/kubelet/config.yaml': `containerRuntimeEndpoint: ${SOCKET}\nimageServiceEndpoint: unix:///run/stargz.sock\n` } },
] as const satisfies readonly { readonly name: string; readonly runtime: string; readonly put: Readonly<Record<string, string>> }[]) {
  test(`images are asked of the runtime that the kubelet uses: ${name}`, async (context) => {
    const made = withCrictl(host(context), runtime);
    for (const [path, text] of Object.entries(put)) made.put(path, text);
    assert.equal(await ofImages(made), 'info: 1 of 3 images are there; its runtime pulls the others while staging, before any node is cordoned.');
  });
}

test('the preflight pulls nothing, and takes no opinion of ctr where crictl is there', async (context) => {
  const made = withCrictl(host(context));
  made.set('no-registry', '');
  assert.deepEqual(blocks(await findings(made, { nodes: [W1] })), []);
  assert.equal(made.get('pulled'), null);
  assert.doesNotMatch(made.journal(), /ctr/);
});

test('a list that crictl cannot read is not an empty one: it blocks in crictl\'s own words', async (context) => {
  const made = withCrictl(host(context), 'unix:///run/elsewhere.sock');
  assert.equal(await ofImages(made), `block: The images on w1 cannot be listed: crictl cannot list the images at ${SOCKET}: FATA[0000] validate service connection: connect: no such file ${SOCKET}`);
});

test('a list that ctr cannot read is not an empty one either', async (context) => {
  const made = host(context);
  made.program('ctr', '#!/bin/sh\necho "ctr: cannot access socket /run/containerd/containerd.sock" >&2\nexit 1\n');
  assert.match(await ofImages(made), /^block: The images on w1 cannot be listed: ctr cannot list the images: ctr: cannot access socket/);
});

test('without crictl it is said that nobody can be asked, and nothing blocks', async (context) => {
  const made = host(context);
  made.set('no-registry', '');
  const found = await findings(made, { nodes: [W1] });
  assert.deepEqual(blocks(found), []);
  assert.match(said(found, 'warn').join('\n'), /w1: 0 of 3 images are there; without crictl the kubelet's own runtime cannot be asked for registry\.k8s\.io\/kube-proxy:v1\.34\.4/);
});

test('staging pulls by the kubelet\'s runtime', async (context) => {
  const made = withCrictl(host(context), 'unix:///run/crio/crio.sock');
  made.put('/var/lib/kubelet/config.yaml', 'containerRuntimeEndpoint: unix:///run/crio/crio.sock\n');
  const { stageNode } = packageSteps(made);
  await runActivity(stageNode, packageInput(plannedNode('w1', 'worker'))).result;
  assert.equal(made.get('pulled'), 'registry.k8s.io/kube-proxy:v1.34.4\nregistry.k8s.io/coredns/coredns:v1.12.1\n');
});

test('staging ends in crictl\'s words where the list cannot be read, and pulls nothing', async (context) => {
  const made = withCrictl(host(context), 'unix:///run/elsewhere.sock');
  const { stageNode } = packageSteps(made);
  await assert.rejects(runActivity(stageNode, packageInput(plannedNode('w1', 'worker'))).result, /crictl cannot list the images at .*FATA\[0000\] validate service connection/);
  assert.equal(made.get('pulled'), null);
});

for (const { name, kubeadm, message } of [
  { name: 'a kubeadm that may not be run', kubeadm: null, message: /The images of v1\.34\.4 cannot be listed on w1: kubeadm v1\.34\.4 cannot list its images: .*[Pp]ermission denied/ },
  { name: 'a kubeadm that ends with an error', kubeadm: '#!/bin/sh\necho "unable to get URL: x509: unknown authority" >&2\nexit 1\n', message: /kubeadm v1\.34\.4 cannot list its images: unable to get URL: x509: unknown authority/ },
  { name: 'a kubeadm that says nothing', kubeadm: '#!/bin/sh\nexit 3\n', message: /kubeadm v1\.34\.4 cannot list its images: it ended with 3 and said nothing/ },
] as const) {
  test(`what keeps images from being listed is said: ${name}`, async (context) => {
    const made = host(context);
    const program = kubeadm ?? '#!/bin/sh\n';
    made.program('dpkg-deb', `#!/bin/sh\nmkdir -p "$3/usr/bin"\ncat > "$3/usr/bin/kubeadm" << 'END'\n${program}END\n${kubeadm === null ? '' : 'chmod 755 "$3/usr/bin/kubeadm"\n'}`);
    assert.match(blocks(await findings(made, { nodes: [W1] })).join('\n'), message);
  });
}

test('kubeadm\'s warnings between the images are not images', async (context) => {
  const made = host(context);
  made.program('dpkg-deb', '#!/bin/sh\nmkdir -p "$3/usr/bin"\nprintf \'#!/bin/sh\\necho "W1201 could not fetch https://dl.example/stable.txt: timeout" >&2\\necho registry.k8s.io/kube-proxy:v1.34.4\\n\' > "$3/usr/bin/kubeadm"\nchmod 755 "$3/usr/bin/kubeadm"\n');
  assert.match(await ofImages(made), /^warn: 0 of 1 images are there/);
});

test('nothing is unpacked or run below /tmp', async (context) => {
  const made = host(context);
  made.program('dpkg-deb', '#!/bin/sh\necho "$3" > "$STATE/unpacked"\nmkdir -p "$3/usr/bin"\ncp "$DOUBLES/kubeadm" "$3/usr/bin/kubeadm"\n');
  await findings(made, { nodes: [W1] });
  assert.match(made.get('unpacked') ?? '', new RegExp(`^${made.root}/var/lib/capstan/scratch/\\w+/kubeadm\\n$`));
  assert.deepEqual(made.list('/var/lib/capstan/scratch'), []);
});
