import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { blocks, checkedHost as host, findings, said, W1 } from './checked-host.ts';
import type { FakeHost } from './fake-host.ts';

const SWAP = 'Filename\n/swapfile file 1 0 -2\n';
/** Main process of the unit, as the double of systemctl says. */
const CMDLINE = '/proc/4242/cmdline';

function cmdline(...words: readonly string[]): string {
  return words.map((word) => `${word}\0`).join('');
}

for (const [written, tolerated] of [
  ['failSwapOn: false', true], ['failSwapOn:   false  # a laptop', true], ['failSwapOn: no', true], ['failSwapOn: False\r', true],
  ['failSwapOn: true # not false', false], ['# failSwapOn: false', false], ['memorySwap: {failSwapOn: false}', false],
] as const) {
  test(`swap ${tolerated ? 'is no matter' : 'blocks'} where the kubelet's configuration says ${JSON.stringify(written)}`, async (context) => {
    const made = host(context);
    made.put('/proc/swaps', 'Filename\n/swapfile file 1 0 -2\n');
    made.put('/var/lib/kubelet/config.yaml', `kind: KubeletConfiguration\n${written}\nhealthzPort: 10248\n`);
    assert.deepEqual(blocks(await findings(made, { nodes: [W1] })).some((text) => /swap is on/.test(text)), !tolerated);
  });
}

test('a kernel that knows no swap has none', async (context) => {
  const made = host(context);
  rmSync(join(made.root, 'proc/swaps'));
  assert.deepEqual(blocks(await findings(made, { nodes: [W1] })), []);
});


const DROP_INS = cmdline('/usr/bin/kubelet', '--config=/var/lib/kubelet/config.yaml', '--config-dir', '/etc/kubernetes/kubelet.d');

for (const { name, put, tolerated } of [
  { name: 'a flag of its process', tolerated: true, put: { [CMDLINE]: cmdline('/usr/bin/kubelet', '--fail-swap-on=false') } },
  { name: 'a flag in two words', tolerated: true, put: { [CMDLINE]: cmdline('/usr/bin/kubelet', '--config', '/x', '--fail_swap_on=0') } },
  { name: 'the last of two flags', tolerated: false, put: { [CMDLINE]: cmdline('/usr/bin/kubelet', '--fail-swap-on=false', '--fail-swap-on') } },
  { name: 'a flag against the configuration', tolerated: false, put: { [CMDLINE]: cmdline('/usr/bin/kubelet', '--fail-swap-on=true'), '/var/lib/kubelet/config.yaml': 'failSwapOn: false\n' } },
  { name: 'a configuration file of another name', tolerated: true, put: { [CMDLINE]: cmdline('/usr/bin/kubelet', '--config=/etc/kubelet.yaml'), '/etc/kubelet.yaml': 'failSwapOn: false\n', '/var/lib/kubelet/config.yaml': 'failSwapOn: true\n' } },
  { name: 'a drop-in', tolerated: true, put: { [CMDLINE]: DROP_INS, '/etc/kubernetes/kubelet.d/10-swap.conf': 'failSwapOn: false\n', '/var/lib/kubelet/config.yaml': 'failSwapOn: true\n' } },
  { name: 'a drop-in of JSON', tolerated: true, put: { [CMDLINE]: DROP_INS, '/etc/kubernetes/kubelet.d/10-swap.conf': '{\n  "kind": "KubeletConfiguration",\n  "failSwapOn": false,\n  "port": 1\n}\n' } },
  { name: 'the last of two drop-ins', tolerated: false, put: { [CMDLINE]: DROP_INS, '/etc/kubernetes/kubelet.d/10-swap.conf': 'failSwapOn: false\n', '/etc/kubernetes/kubelet.d/20-more.conf': 'failSwapOn: true\n' } },
  { name: 'a file that is not a drop-in', tolerated: false, put: { [CMDLINE]: DROP_INS, '/etc/kubernetes/kubelet.d/10-swap.conf.bak': 'failSwapOn: false\n' } },
  { name: '/etc/default/kubelet where it does not run', tolerated: true, put: { '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS="--node-ip=192.0.2.1 --fail-swap-on=false"\n' } },
  { name: 'kubeadm-flags.env where it does not run', tolerated: true, put: { '/var/lib/kubelet/kubeadm-flags.env': 'KUBELET_KUBEADM_ARGS="--fail-swap-on=false"\n' } },
  { name: '/etc/default/kubelet that the running process was not started with', tolerated: false, put: { [CMDLINE]: cmdline('/usr/bin/kubelet', '--v=2'), '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS=--fail-swap-on=false\n' } },
] as const satisfies readonly { readonly name: string; readonly tolerated: boolean; readonly put: Readonly<Record<string, string>> }[]) {
  test(`swap ${tolerated ? 'is borne' : 'blocks'} by the kubelet's own words: ${name}`, async (context) => {
    const made = host(context);
    made.put('/proc/swaps', SWAP);
    for (const [path, text] of Object.entries(put)) made.put(path, text);
    assert.equal(blocks(await findings(made, { nodes: [W1] })).some((text) => /swap is on/.test(text)), !tolerated);
  });
}

test('swap blocks where kubeadm will take away what the kubelet bears it by, with the place to keep it', async (context) => {
  const made = host(context);
  made.put('/proc/swaps', SWAP);
  made.put('/var/lib/kubelet/config.yaml', 'failSwapOn: false\n');
  const found = await findings(made, { nodes: [W1], words: { kubeletConfig: { cgroupDriver: 'systemd' } } });
  assert.match(blocks(found).join('\n'), /w1: swap is on, which its kubelet bears now by its configuration file; kubeadm will write that file from the ConfigMap kubelet-config/);
  assert.match(found.find((finding) => finding.check === 'host-swap')?.next ?? '', /edit configmap kubelet-config/);
});

test('swap is borne where the ConfigMap kubelet-config bears it, whatever the file says before', async (context) => {
  const made = host(context);
  made.put('/proc/swaps', SWAP);
  assert.deepEqual(blocks(await findings(made, { nodes: [W1], words: { kubeletConfig: { failSwapOn: 'false' } } })), []);
});

test('a kubelet that bears swap by its flag keeps it, whatever the ConfigMap says', async (context) => {
  const made = host(context);
  made.put('/proc/swaps', SWAP);
  made.put(CMDLINE, cmdline('/usr/bin/kubelet', '--fail-swap-on=false'));
  assert.deepEqual(blocks(await findings(made, { nodes: [W1], words: { kubeletConfig: { failSwapOn: 'true' } } })), []);
});

function onCgroups(made: FakeHost, version: 1 | 2): void {
  made.put(version === 2 ? '/sys/fs/cgroup/cgroup.controllers' : '/sys/fs/cgroup/memory/tasks', '');
}

for (const { version, to, config, severity } of [
  { version: 1, to: 'v1.35.0', config: null, severity: 'block' },
  { version: 1, to: 'v2.0.1', config: { failCgroupV1: 'true' }, severity: 'block' },
  { version: 1, to: 'v1.36.2', config: { failCgroupV1: 'false' }, severity: 'warn' },
  { version: 1, to: 'v1.34.4', config: null, severity: null },
  { version: 2, to: 'v1.36.2', config: null, severity: null },
] as const) {
  test(`control groups of version ${version} ${severity === null ? 'are no matter' : severity === 'block' ? 'block' : 'warn'} at ${to} with ${JSON.stringify(config)}`, async (context) => {
    const made = host(context);
    onCgroups(made, version);
    const found = await findings(made, { nodes: [{ ...W1, to }], words: { kubeletConfig: config } });
    assert.equal(found.find((finding) => finding.check === 'host-cgroups')?.severity ?? null, severity, said(found, 'block').join('\n'));
  });
}
