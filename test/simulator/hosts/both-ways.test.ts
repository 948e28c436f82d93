import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { SCRIPTS } from '../../../activities/hosts/scripts/index.ts';
import type { RuntimeClient, ScriptWay } from '../../../simulator/hosts/port.ts';
import type { ClusterDescription } from '../../../simulator/description.ts';
import { describe, startTestTwin } from './twin.ts';
import type { TestTwin } from './twin.ts';

type Name = keyof typeof SCRIPTS;

/** One script on one host: as a probe, or as a durable step. */
interface Run {
  readonly host: string;
  readonly script: Name;
  readonly args: readonly string[];
  readonly durable: boolean;
}

function packageArguments(version: string, minor: string, template = ''): readonly string[] {
  return ['--version', version, '--minor', minor, '--repository', template];
}

const CONFIGURATION = 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\napiServer: {extraArgs: [{name: profiling, value: "false"}]}\n';
const PLAIN = 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n';
const ADD_FLAG = '- {op: add, path: /spec/containers/0/command/-, value: --audit-log-path=/var/log/audit.log}\n';

function wholeUpgrade(host: string, template = ''): readonly Run[] {
  const isWorker = host.startsWith('w');
  const places = ['--record', `/var/lib/capstan/u1/${host}/record`, '--staged', `/var/lib/capstan/u1/${host}/staged`];
  const target = packageArguments('v1.34.4', '1.34', template);
  const record = `/var/lib/capstan/u1/${host}/record`;
  const probe = (script: Name, args: readonly string[] = []): Run => ({ host, script, args, durable: false });
  const step = (script: Name, args: readonly string[] = []): Run => ({ host, script, args, durable: true });
  const role = isWorker ? 'worker' : 'control-plane,etcd';
  const changed = probe('checkRestore', [record, '0']);
  return [
    changed, probe('checkHost', target), probe('listImages', [...target, '--image-repository', '']), probe('listImages', [...target, '--image-repository', 'mirror.example/k8s']),
    probe('readReplaced', [host, isWorker ? '' : CONFIGURATION, '', '']), probe('readReplaced', [host, isWorker ? '' : CONFIGURATION, isWorker ? '' : PLAIN, isWorker ? '' : 'yes', 'kube-apiserver0+json.yaml', ADD_FLAG]),
    probe('checkImages', ['registry.k8s.io/kube-proxy:v1.33.13', 'registry.k8s.io/kube-proxy:v1.34.4', 'registry.example/unknown:1']),
    probe('readEtcd'), step('snapshotEtcd', ['/var/lib/capstan/snapshots', 'u1', '3']), ...(isWorker ? [] : [step('recordControlPlane', [record])]), probe('kubeadmPlan', ['v1.34.4']),
    step('stageNode', [...target, ...places, '--image-repository', '', '--images', isWorker ? 'worker' : 'all']),
    probe('checkHost', packageArguments('v1.36.9', '1.36', template)),
    changed, step('upgradeKubeadm', [...target, ...places]), changed, probe('kubeadmState', [record, 'v1.34.4']), probe('kubeadmPlan', ['v1.34.4']),
    step('kubeadmUpgrade', [record, 'v1.34.4', role, 'upgrade', ...(host === 'cp1' ? ['apply', 'v1.34.4', '--yes'] : ['node']), '--certificate-renewal=true']),
    probe('readEtcd'), probe('kubeadmState', [record, 'v1.34.4']), step('upgradeKubelet', [...target, ...places, '--role', role]), changed,
    probe('checkHost', target), probe('listImages', [...target, '--image-repository', '']),
    probe('readReplaced', [host, isWorker ? '' : CONFIGURATION, isWorker ? '' : PLAIN, isWorker ? '' : 'yes']),
    // A control plane that kubeadm has changed is refused.
    step('rollbackNode', [...packageArguments('v1.33.13', '1.33', template), ...places]), step('rollbackNode', [...packageArguments('v1.33.12', '1.33', template), ...places]),
    step('rollbackNode', [...packageArguments('v1.33.13', '1.33', template), ...places]),
    step('rollbackNode', [...packageArguments('v1.33.13', '1.33', template), '--record', `/var/lib/capstan/u1/${host}/nowhere`, '--staged', `/var/lib/capstan/u1/${host}/staged`]),
    probe('checkHost', packageArguments('v1.33.13', '1.33', template)), changed,
  ];
}

/** What differs from run to run and from place to place: times, numbers of processes, folders. */
function normal(text: string, twin: TestTwin): string {
  return text.replaceAll(twin.hosts.host('w1').machine.root.replace(/w1$/, ''), '').replaceAll(/^(cp\d|w\d)(?=\/)/gm, '').replaceAll(/(?<= )(cp\d|w\d)(?=\/(var|tmp|etc))/g, '').replaceAll(/(?<=")(cp\d|w\d)(?=\/)/g, '')
    .replaceAll(/\d{4}-\d\d-\d\d[T-]\d\d[:-]\d\d[:-]\d\d(\.\d+)?Z?/g, 'TIME').replaceAll(/kube-apiserver \d+/g, 'kube-apiserver PROCESS')
    .replaceAll(/(?<=kubelet-config)\d{14}/g, 'TIME').replaceAll(/\/scratch\/[^/\s]+/g, '/scratch/SCRATCH').replaceAll(/"(sha256|hash|revision|bytes|raftIndex|raftAppliedIndex)":("[^"]*"|\d+)/g, '"$1":N');
}

async function outputs(twin: TestTwin, runs: readonly Run[]): Promise<readonly string[]> {
  const seen: string[] = [];
  for (const [index, { host, script, args, durable }] of runs.entries()) {
    const address = twin.address(host);
    if (durable) {
      const outcome = await twin.worker.runStep(address, { upgrade: 'u1', node: host, step: `${script}${String(index)}`, script: SCRIPTS[script], args, retry: 0, fence: { epochMs: 1, attempt: 1 } });
      seen.push(normal(`${script} on ${host}: ${outcome.kind} ${outcome.kind === 'finished' ? String(outcome.exitCode) : ''}\n${outcome.tail}`, twin));
    } else {
      const result = await twin.worker.probe(address, SCRIPTS[script], args);
      // The documents of etcd come in the order in which their processes end.
      const out = script === 'readEtcd' ? result.stdout.split('\n').toSorted((left, right) => (left < right ? -1 : 1)).join('\n').trim() : result.stdout;
      seen.push(normal(`${script} on ${host}: ${String(result.exitCode)}\n${out}\n${result.stderr}`, twin));
    }
  }
  return seen;
}

async function compare(context: TestContext, description: ClusterDescription, runs: readonly Run[], before: (twin: TestTwin) => void = () => undefined, runtimeClient: RuntimeClient = 'crictl'): Promise<void> {
  const twins = await Promise.all((['shell', 'recognised'] as const satisfies readonly ScriptWay[]).map((way) => startTestTwin(context, description, { way, runtimeClient })));
  for (const twin of twins) before(twin);
  const [inShell, recognised] = await Promise.all(twins.map((twin) => outputs(twin, runs)));
  for (const [index, seen] of (inShell ?? []).entries()) assert.equal(recognised?.[index], seen);
  const [first, second] = twins.map((twin) => twin.journal.all());
  assert.deepEqual(second, first);
  assert.deepEqual(twins[1]?.model.calls, twins[0]?.model.calls);
}

test('each script does and says the same in a real shell and recognised by its hash: apt', async (context) => {
  await compare(context, describe(3, 1), [...wholeUpgrade('cp1'), ...wholeUpgrade('cp2'), ...wholeUpgrade('w1')]);
});

test('each script does and says the same in a real shell and recognised by its hash: dnf', async (context) => {
  await compare(context, describe(1, 1, { packageManager: 'dnf' }), [...wholeUpgrade('cp1'), ...wholeUpgrade('w1')]);
});

test('each script does and says the same where a minor has a repository of its own', async (context) => {
  const template = 'https://packages.twin.invalid/v{minor}/deb/';
  const ofTheMinor = (twin: TestTwin): void => {
    for (const name of ['cp1', 'w1']) {
      const { machine: { files, root } } = twin.hosts.host(name);
      files.write(`${root}/etc/apt/sources.list.d/kubernetes.list`, '# the community\'s\ndeb [signed-by=/etc/apt/keyrings/k8s.gpg] https://packages.twin.invalid/v1.33/deb/ /\n');
    }
  };
  const wrong = wholeUpgrade('w1', 'https://elsewhere.example/v{minor}/').slice(0, 2);
  await compare(context, describe(1, 1), [...wrong, ...wholeUpgrade('cp1', template), ...wholeUpgrade('w1', template)], ofTheMinor);
});

test('each script does and says the same where hosts have no crictl, and ctr is asked', async (context) => {
  await compare(context, describe(1, 1), [...wholeUpgrade('cp1'), ...wholeUpgrade('w1')], undefined, 'ctr');
});
