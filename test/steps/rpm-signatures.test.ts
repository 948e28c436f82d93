import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { runActivity } from '../support/run-activity.ts';
import { blocks, findings, packageSteps, W1 } from './checked-host.ts';
import { fakeHost } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';
import { atOldMinorOfRpm, packageInput, plannedNode, RPM_TEMPLATE } from './inputs.ts';

const OURS = 'baseurl=https://packages.example/core:/stable:/v1.33/rpm/\n';
const REFUSED = /the fetched package kubeadm v1\.34\.4 is not verified, and nothing of it was run: .*digests SIGNATURES NOT OK/;

/** A worker whose repository serves a kubeadm of the target that nobody signed. */
function served(context: TestContext, files: Readonly<Record<string, string>> = {}): FakeHost {
  const made = atOldMinorOfRpm(fakeHost('dnf'));
  context.after(() => made.remove());
  made.put('/proc/swaps', 'Filename\n');
  made.set('unsigned', 'kubeadm\n');
  for (const [path, text] of Object.entries(files)) made.put(path, text);
  return made;
}

function stage(made: FakeHost, repository: string | null = RPM_TEMPLATE): Promise<unknown> {
  return runActivity(packageSteps(made).stageNode, packageInput(plannedNode('w1', 'worker'), { repository })).result;
}

test('a fetched kubeadm that is not signed is refused by the preflight, and neither it nor what it says is used', async (context) => {
  const made = served(context);
  const found = blocks(await findings(made, { nodes: [W1], spec: { packages: { repository: RPM_TEMPLATE } } }));
  assert.match(found.join('\n'), REFUSED);
  assert.doesNotMatch(made.journal(), /kubeadm config images/);
  made.set('unsigned', null);
  assert.deepEqual(blocks(await findings(made, { nodes: [W1], spec: { packages: { repository: RPM_TEMPLATE } } })), []);
});

const REPO = '/etc/yum.repos.d/kubernetes.repo';
const MAIN = '/etc/dnf/dnf.conf';

for (const { name, files, repository = RPM_TEMPLATE } of [
  { name: 'its section says gpgcheck=1', files: { [REPO]: `[kubernetes]\n${OURS}gpgcheck=1\n` } },
  { name: 'its section says it in capitals and blanks', files: { [REPO]: `[kubernetes]\n${OURS}GPGCheck = Yes\n`, [MAIN]: '[main]\ngpgcheck=0\n' } },
  { name: 'only [main] says so', files: { [REPO]: `[kubernetes]\n${OURS}`, [MAIN]: '[main]\ngpgcheck=True\n' } },
  { name: 'nobody says it', files: { [REPO]: `[kubernetes]\n${OURS}` } },
  { name: 'gpgcheck=0 is a comment', files: { [REPO]: `[kubernetes]\n${OURS}#gpgcheck=0\n` } },
  { name: 'only the lists are not signed', files: { [REPO]: `[kubernetes]\n${OURS}repo_gpgcheck=0\n` } },
  { name: 'gpgcheck=0 is that of another section', files: { [REPO]: `[other]\nbaseurl=https://other.example/\ngpgcheck=0\n[kubernetes]\n${OURS}gpgcheck=1\n` } },
  { name: 'a section says both', files: { [REPO]: `[kubernetes]\ngpgcheck=1\n${OURS}gpgcheck=0\n` } },
  { name: 'an override of dnf 5 says gpgcheck=1', files: { [REPO]: `[kubernetes]\n${OURS}gpgcheck=0\n`, '/etc/dnf/repos.override.d/99.repo': '[kube*]\npkg_gpgcheck = 1\n' } },
  { name: 'without a template, another repository that takes unsigned packages does not offer it', files: { [REPO]: `[kubernetes]\n${OURS.replace('1.33', '1.34')}gpgcheck=1\n`, '/etc/yum.repos.d/other.repo': '[other]\nbaseurl=https://other.example/\ngpgcheck=0\n' }, repository: null },
  { name: 'without a template, its repository is in a folder that is not read', files: { [REPO]: `[local]\n${OURS.replace('1.33', '1.34')}gpgcheck=0\n`, '/etc/yum.repos.d/other.repo': '[other]\ngpgcheck=0\n', [MAIN]: '[main]\nreposdir=/etc/yum.repos.d,/srv/repos\n' }, repository: null },
] as const satisfies readonly { readonly name: string; readonly files: Readonly<Record<string, string>>; readonly repository?: string | null }[]) {
  test(`a kubeadm that is not signed is refused where ${name}`, async (context) => {
    const made = served(context, files);
    await assert.rejects(stage(made, repository), REFUSED);
    assert.doesNotMatch(made.journal(), /kubeadm config images/);
  });
}

for (const { name, files, repository = RPM_TEMPLATE } of [
  { name: 'its section says gpgcheck=0', files: { [REPO]: `[kubernetes]\n${OURS}gpgcheck=0\n`, [MAIN]: '[main]\ngpgcheck=1\n' } },
  { name: '[main] says gpgcheck=no and its section nothing', files: { [REPO]: `[kubernetes]\n${OURS}`, '/etc/yum.conf': '[main]\ngpgcheck=no\n' } },
  { name: 'without a template, the repository that offers it says gpgcheck=0 beside one that signs', files: { [REPO]: `[kubernetes]\n${OURS.replace('1.33', '1.34')}gpgcheck=0\n` }, repository: null },
] as const satisfies readonly { readonly name: string; readonly files: Readonly<Record<string, string>>; readonly repository?: string | null }[]) {
  test(`a kubeadm that is not signed is taken where ${name}`, async (context) => {
    await stage(served(context, files), repository);
  });
}

test('a former package that is not signed is not kept for the way back', async (context) => {
  const made = served(context);
  made.set('unsigned', 'kubelet\n');
  await stage(made);
  const kept = made.list('/var/lib/capstan/u1/w1/record/packages').filter((name) => name.endsWith('.rpm')).toSorted();
  assert.deepEqual(kept, ['kubeadm-1.33.13-150500.1.1.x86_64.rpm', 'kubectl-1.33.13-150500.1.1.x86_64.rpm']);
});

for (const { name, line, code } of [
  { name: 'an rpm before 4.14 that knows no level takes an unsigned file', line: 'sha1 md5 OK', code: 0 },
  { name: 'rpm 4.14 says that the digests alone are good', line: 'digests OK', code: 0 },
  { name: 'the key is missing on an rpm before 4.14', line: 'RSA sha1 ((MD5) PGP) md5 NOT OK (MISSING KEYS: (MD5) PGP#3e1ba8d5)', code: 1 },
  { name: 'rpmkeys says that it is good and fails', line: 'digests signatures OK', code: 1 },
  { name: 'rpmkeys says nothing', line: '', code: 0 },
] as const) {
  test(`a kubeadm is refused where ${name}`, async (context) => {
    const made = served(context);
    made.program('rpmkeys', `#!/bin/sh\nfor file; do :; done\necho "$file: ${line}"\nexit ${String(code)}\n`);
    await assert.rejects(stage(made), /kubeadm v1\.34\.4 is not verified/);
  });
}

test('a kubeadm is taken where an rpm before 4.14 names a good signature', async (context) => {
  const made = served(context);
  made.program('rpmkeys', '#!/bin/sh\nfor file; do :; done\necho "$file: rsa sha1 (md5) pgp md5 OK"\n');
  await stage(made);
});

test('a kubeadm is refused where there is no rpmkeys', async (context) => {
  const made = served(context);
  made.program('rpmkeys', null);
  await assert.rejects(stage(made), /kubeadm v1\.34\.4 is not verified.*rpmkeys: .*not found/);
});
