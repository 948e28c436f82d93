import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { runActivity } from '../support/run-activity.ts';
import { blocks, findings, packageSteps, said, W1 } from './checked-host.ts';
import { fakeHost } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';
import { packageInput, plannedNode } from './inputs.ts';
import { buildRepositories, inRoot, missingPrograms, RPM_HOME, signPackages } from './rpm-repository.ts';

const MISSING = missingPrograms();
const PACKAGES = ['kubeadm', 'kubelet', 'kubectl'];

/** Below a root, dnf looks for its cache there as well: the root must not be in the path twice. */
const CACHE_IN_ROOT = `for word; do
  shift
  case $word in --setopt=cachedir=*) word=--setopt=cachedir=\${word#--setopt=cachedir="$CAPSTAN_ROOT"} ;; esac
  set -- "$@" "$word"
done
`;

/** A host below a folder, with real rpm and dnf 4: packages at v1.33.13, the repository of v1.34 that keeps them from common upgrades, and a vendor's that is not there. */
function realHost(context: TestContext): FakeHost {
  const made = fakeHost('dnf');
  context.after(() => made.remove());
  const repository = join(made.root, '../repository');
  mkdirSync(repository);
  buildRepositories(repository, ['1.33.13', '1.34.4']);
  made.program('dnf', inRoot('/usr/bin/dnf --installroot="$CAPSTAN_ROOT" --releasever=9', CACHE_IN_ROOT));
  for (const name of ['rpm', 'rpmkeys']) made.program(name, inRoot(`/usr/bin/${name} --root "$CAPSTAN_ROOT"`));
  made.put('/etc/yum.repos.d/old.repo', `[old]\nname=old\nbaseurl=file://${repository}/v1.33\ngpgcheck=0\n`);
  execFileSync('/usr/bin/dnf', [`--installroot=${made.root}`, '--releasever=9', '-y', '-q', 'install', ...PACKAGES], { stdio: 'ignore', env: { ...process.env, HOME: RPM_HOME } });
  for (const name of ['kubeadm', 'kubelet']) made.program(name, inRoot(`"$CAPSTAN_ROOT/usr/bin/${name}"`));
  made.put('/etc/yum.repos.d/new.repo', `[k8s-new]\nname=new\nbaseurl=file://${repository}/v1.34\ngpgcheck=0\nexclude=kubelet kubeadm kubectl\n`);
  made.put('/etc/yum.repos.d/vendor.repo', `[vendor]\nname=vendor\nbaseurl=file://${repository}/nothing-is-here\ngpgcheck=0\n`);
  made.put('/proc/swaps', 'Filename\n');
  // Its program of the target lists images, as kubeadm does.
  for (const name of PACKAGES) made.set(`installed/${name}`, '1.34.4-150500.1.1\n');
  return made;
}

function installed(made: FakeHost): string {
  return execFileSync('/usr/bin/rpm', ['--root', made.root, '-q', '--qf', '%{NAME} %{VERSION}\n', ...PACKAGES], { encoding: 'utf8', env: { ...process.env, HOME: RPM_HOME } }).trim();
}

const at = (version: string): string => PACKAGES.map((name) => `${name} ${version}`).join('\n');

test('real dnf and rpm: preflight, staging, upgrade and the way back of a worker, past excludes and a vendor that is away', { timeout: 480_000 }, async (context) => {
  if (MISSING.length > 0) {
    context.diagnostic(`did not run: this machine has no ${MISSING.join(', ')}`);
    return;
  }
  const made = realHost(context);
  assert.equal(installed(made), at('1.33.13'));
  const options = { nodes: [W1], spec: { packages: { repository: null } } };
  const found = await findings(made, options);
  assert.deepEqual(blocks(found), []);
  assert.match(said(found, 'info').join('\n'), /packages of v1\.34\.4 can be installed \(dnf\)/);
  assert.match(said(found, 'warn').join('\n'), /another source of packages fails: .*vendor/);

  const steps = packageSteps(made);
  const input = packageInput(plannedNode('w1', 'worker'), { repository: null });
  await runActivity(steps.stageNode, input).result;
  assert.equal(installed(made), at('1.33.13'));
  await runActivity(steps.upgradeKubeadm, input).result;
  await runActivity(steps.upgradeKubelet, input).result;
  assert.equal(installed(made), at('1.34.4'));
  const back = { ...input, node: { ...input.node, from: 'v1.34.4', to: 'v1.33.13' } };
  await runActivity(steps.rollbackNode, back).result;
  assert.equal(installed(made), at('1.33.13'));
});

/** Only downloading, dnf 5 looks at no signature: this dnf 4 is told not to. */
const NO_LOOK = `case "$*" in *--downloadonly*) set -- "$@" --nogpgcheck ;; esac
`;

test('real dnf and rpm: of a repository with gpgcheck=1 nothing is run or kept that its key did not sign', { timeout: 480_000 }, async (context) => {
  if (MISSING.length > 0) {
    context.diagnostic(`did not run: this machine has no ${MISSING.join(', ')}`);
    return;
  }
  const made = realHost(context);
  const repository = join(made.root, '../repository');
  made.program('dnf', inRoot('/usr/bin/dnf --installroot="$CAPSTAN_ROOT" --releasever=9', `${CACHE_IN_ROOT}${NO_LOOK}`));
  for (const [name, minor] of [['old', 'v1.33'], ['new', 'v1.34']] as const) made.put(`/etc/yum.repos.d/${name}.repo`, `[${name}]\nname=${name}\nbaseurl=file://${repository}/${minor}\ngpgcheck=1\n`);
  const options = { nodes: [W1], spec: { packages: { repository: null } } };
  const input = packageInput(plannedNode('w1', 'worker'), { repository: null });
  const steps = packageSteps(made);
  const kept = (): readonly string[] => made.list('/var/lib/capstan/u1/w1/record/packages').filter((name) => name.endsWith('.rpm'));

  const refused = /package kubeadm v1\.34\.4 is not verified, and nothing of it was run: .*kubeadm-1\.34\.4-.*\.rpm: digests SIGNATURES NOT OK/;
  assert.match(blocks(await findings(made, options)).join('\n'), refused);
  await assert.rejects(runActivity(steps.stageNode, input).result, refused);
  assert.deepEqual(kept(), []);

  const key = signPackages(repository, ['v1.33', 'v1.34'].map((minor) => join(repository, minor)));
  if (key === null) {
    context.diagnostic('signed packages were not tried: this machine has no rpmsign or gpg');
    return;
  }
  // Signed by a key that this host does not have.
  assert.match(blocks(await findings(made, options)).join('\n'), refused);
  execFileSync('/usr/bin/rpmkeys', ['--root', made.root, '--import', key], { env: { ...process.env, HOME: RPM_HOME } });
  // What it has read of the repository names the files before they were signed.
  execFileSync('/usr/bin/dnf', [`--installroot=${made.root}`, '--releasever=9', '-q', 'clean', 'all'], { stdio: 'ignore', env: { ...process.env, HOME: RPM_HOME } });
  await runActivity(steps.stageNode, { ...input, retry: 1 }).result;
  assert.equal(kept().length, 3);
});
