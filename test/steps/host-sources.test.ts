import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { runActivity } from '../support/run-activity.ts';
import { blocks, checkedHost as host, findings, packageSteps, said, W1 } from './checked-host.ts';
import { fakeHost } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';
import { atOldMinorOfRpm, packageInput, plannedNode } from './inputs.ts';

const OWN_SOURCES = { nodes: [W1], spec: { packages: { repository: null } } };

/** apt-get that reads what it can, and fails for a vendor's source as apt does: with words and with 100. */
const VENDOR_FAILS = `#!/bin/sh
case "$*" in
  *update*) "$DOUBLES/../apt/apt-get" "$@"; echo "E: The repository 'https://vendor.example/deb bookworm Release' does not have a Release file." >&2; exit 100 ;;
  *) exec "$DOUBLES/../apt/apt-get" "$@" ;;
esac
`;

/** A vendor that does not answer is only a warning to apt. */
const VENDOR_IS_AWAY = VENDOR_FAILS.replace('E: The repository', 'W: Failed to fetch').replace('exit 100', 'exit 0');

function withVendor(made: FakeHost, aptGet: string): FakeHost {
  made.program('apt-get', aptGet);
  made.put('/etc/apt/sources.list.d/kubernetes.list', 'deb https://packages.example/core:/stable:/v1.34/deb/ /\n');
  return made;
}

for (const { name, aptGet } of [{ name: 'answers 404', aptGet: VENDOR_FAILS }, { name: 'is away', aptGet: VENDOR_IS_AWAY }]) {
  test(`another source that ${name} warns in apt's own words, and the same twice`, async (context) => {
    const made = withVendor(host(context), aptGet);
    const first = await findings(made, OWN_SOURCES);
    assert.deepEqual(blocks(first), []);
    assert.match(said(first, 'warn').join('\n'), /w1: packages of v1\.34\.4 are there, and another source of packages fails: .*vendor\.example/);
    assert.deepEqual(await findings(made, OWN_SOURCES), first);
  });
}

test('the preflight reads lists into a folder of its own: apt\'s stay as they were', async (context) => {
  const made = withVendor(host(context), VENDOR_FAILS);
  await findings(made, OWN_SOURCES);
  assert.equal(made.get('lists'), null);
  assert.deepEqual(made.list('/var/lib/capstan/scratch'), []);
});

test('a host whose own lists know the version is asked for its images by them', async (context) => {
  const made = withVendor(host(context), VENDOR_FAILS);
  made.set('lists', 'https://packages.example/core:/stable:/v1.34/deb/\n');
  assert.deepEqual(blocks(await findings(made, OWN_SOURCES)), []);
});

test('a source that fails, and the version is in none: blocks with apt\'s words', async (context) => {
  const made = withVendor(host(context), VENDOR_FAILS);
  made.set('repository/1.34', '1.34.3-1.1\n');
  assert.match(blocks(await findings(made, OWN_SOURCES)).join('\n'), /w1: apt has no kubeadm, kubelet, kubectl v1\.34\.4: E: The repository 'https:\/\/vendor\.example/);
});

test('staging goes on where another source fails', async (context) => {
  const made = withVendor(host(context), VENDOR_FAILS);
  const { stageNode } = packageSteps(made);
  const result = await runActivity(stageNode, packageInput(plannedNode('w1', 'worker'), { repository: null })).result;
  assert.equal(result.changed, true);
});

test('dnf is told to pass over a repository that fails', async (context) => {
  const made = rpmHost(context);
  await findings(made, OWN_SOURCES);
  const calls = made.journal().split('\n').filter((line) => /^dnf .*(makecache|list|install)/.test(line));
  assert.ok(calls.length > 2);
  for (const call of calls) assert.match(call, /--setopt=\*\.skip_if_unavailable=1/);
});

test('a repository of dnf that fails beside the one that is needed warns in dnf\'s own words', async (context) => {
  const made = rpmHost(context);
  made.put('/etc/yum.repos.d/kubernetes.repo', '[k8s]\nbaseurl=https://packages.example/core:/stable:/v1.34/rpm/\n');
  made.program('dnf', `#!/bin/sh
case "$*" in *makecache*) printf "Errors during downloading metadata for repository 'vendor':\\n  - Status code: 404 for https://vendor.example/repodata/repomd.xml\\nError: Failed to download metadata for repo 'vendor'\\nIgnoring repositories: vendor\\n" >&2 ;; esac
exec "$DOUBLES/../dnf/dnf" "$@"
`);
  const found = await findings(made, OWN_SOURCES);
  assert.deepEqual(blocks(found), []);
  assert.match(said(found, 'warn').join('\n'), /w1: packages of v1\.34\.4 are there, and another source of packages fails: .*Status code: 404 for https:\/\/vendor\.example/);
});

function rpmHost(context: TestContext): FakeHost {
  const made = atOldMinorOfRpm(fakeHost('dnf'));
  context.after(() => made.remove());
  made.put('/proc/swaps', 'Filename Type Size Used Priority\n');
  made.put('/etc/yum.repos.d/kubernetes.repo', '[k8s]\nbaseurl=https://packages.example/core:/stable:/v1.34/rpm/\nexcludepkgs=kubelet kubeadm kubectl\n');
  return made;
}

test('without a template the excludes of a repository of whatever name are lifted', async (context) => {
  const made = rpmHost(context);
  await findings(made, OWN_SOURCES);
  assert.match(made.journal(), /dnf -y -q list --disableexcludes=all /);
});

test('excludes in dnf.conf are lifted too', async (context) => {
  const made = rpmHost(context);
  made.put('/etc/dnf/dnf.conf', '[main]\nexcludepkgs = kube*\n');
  await findings(made, { nodes: [W1], spec: { packages: { repository: 'https://packages.example/core:/stable:/v{minor}/rpm/' } } });
  assert.match(made.journal(), /dnf -y -q list --disableexcludes=all /);
});

for (const program of ['zypper', 'apk', 'pacman', 'transactional-update', 'emerge']) {
  test(`a host of ${program} is told by that name`, async (context) => {
    const made = host(context);
    made.set('installed/kubeadm', null);
    made.program(program, '#!/bin/sh\n');
    assert.match(blocks(await findings(made, { nodes: [W1] })).join('\n'), new RegExp(`w1: packages of this host are managed by ${program}, which is not supported: apt, dnf and yum are`));
  });
}

test('a host of zypper whose rpm knows kubeadm is not taken for one of yum', async (context) => {
  const made = rpmHost(context);
  made.program('dnf', null);
  made.program('zypper', '#!/bin/sh\n');
  assert.match(blocks(await findings(made, OWN_SOURCES)).join('\n'), /managed by zypper, which is not supported/);
});

test('an image-based host is told by rpm-ostree, whatever else is there', async (context) => {
  const made = rpmHost(context);
  made.put('/run/ostree-booted', '');
  assert.match(blocks(await findings(made, OWN_SOURCES)).join('\n'), /managed by rpm-ostree, which is not supported/);
});

for (const { form, list, held } of [
  { form: 'dnf 4', list: 'kubelet-0:1.33.13-150500.1.1.*\nkubectl-0:1.33.13-150500.1.1.*\n', held: ['kubectl', 'kubelet'] },
  { form: 'yum', list: '0:kubelet-1.33.13-150500.1.1.*\nversionlock list done\n', held: ['kubelet'] },
  { form: 'a name alone', list: 'kubelet\n', held: ['kubelet'] },
  { form: 'a pattern of versions', list: 'kubelet-1.33.*\nkubeadm-*\n', held: ['kubeadm', 'kubelet'] },
  { form: 'a version that is kept out', list: '!kubelet-0:1.34.0-1.*\n', held: [] },
  { form: 'dnf 5', list: "# Added by 'versionlock add' command on 2026-11-01\nPackage name: kubelet\nevr = 1.33.13-150500.1.1\n\nPackage name: kubectl\nevr >= 1.33\nevr < 1.34\n", held: ['kubectl', 'kubelet'] },
  { form: 'dnf 5, a version that is kept out', list: 'Package name: kubelet\nevr != 0:1.34.0-1\n', held: [] },
] as const) {
  test(`locks are read as they are written: ${form}`, async (context) => {
    const made = rpmHost(context);
    for (const name of ['kubeadm', 'kubelet', 'kubectl']) made.set(`held/${name}`, '');
    made.set('locks', list);
    made.program('dnf', `#!/bin/sh
case "$*" in *versionlock*list*) cat "$STATE/locks"; exit 0 ;; esac
exec "$DOUBLES/../dnf/dnf" "$@"
`);
    const { upgradeKubeadm, upgradeKubelet } = packageSteps(made);
    const input = packageInput(plannedNode('w1', 'worker'), { repository: null });
    await runActivity(upgradeKubeadm, input).result;
    await runActivity(upgradeKubelet, input).result;
    const lifted = made.journal().split('\n').filter((line) => line.startsWith('dnf -q versionlock delete ')).flatMap((line) => line.split(' ').slice(4));
    const locked = made.journal().split('\n').filter((line) => line.startsWith('dnf -q versionlock add ')).flatMap((line) => line.split(' ').slice(4));
    assert.deepEqual(lifted.toSorted(), held);
    assert.deepEqual(locked.toSorted(), held);
  });
}

test('dnf 5 is asked by its own options', async (context) => {
  const made = rpmHost(context);
  made.program('dnf', `#!/bin/sh
case "$*" in --version) echo 'dnf5 version 5.2.6.0'; exit 0 ;; esac
exec "$DOUBLES/../dnf/dnf" "$@"
`);
  const { stageNode } = packageSteps(made);
  await runActivity(stageNode, packageInput(plannedNode('w1', 'worker'), { repository: null })).result;
  assert.match(made.journal(), /dnf -y -q install --setopt=disable_excludes=all .*--downloadonly/);
  assert.match(made.journal(), /dnf -y -q reinstall --downloadonly --destdir=\S+ --setopt=disable_excludes=all/);
  assert.doesNotMatch(made.journal(), /--disableexcludes|--downloaddir/);
});
