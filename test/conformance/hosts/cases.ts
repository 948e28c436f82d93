import type { SCRIPTS } from '../../../activities/hosts/scripts/index.ts';

/** What a case needs to know of the cluster that it is put to. */
export interface Facts {
  /** Version that every node runs. */
  readonly version: string;
  /** Version to be staged; the same where nothing newer is in the packages' repository. */
  readonly target: string;
  /** Template of the packages' repository, with `{minor}`. */
  readonly repository: string;
  /** Names of control-plane nodes with an etcd member, the present leader first. */
  readonly members: readonly string[];
  /** etcd's ids of the members, hexadecimal, in the order of `members`. */
  readonly ids: readonly string[];
  readonly worker: string;
}

/** One script on one host, as the worker sends it. */
export interface Case {
  readonly name: string;
  readonly script: keyof typeof SCRIPTS;
  readonly host: string;
  readonly args: readonly string[];
  /** A durable step, which changes something; else a probe. All of them leave the cluster as it was. */
  readonly durable: boolean;
}

/** SHA-256 of no file. */
const NO_SUM = '0'.repeat(64);
/** The least that kubeadm makes manifests from, and a patch of one. */
const CONFIGURATION = 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n';
const PATCH = '- {op: add, path: /spec/containers/0/command/-, value: --profiling=false}\n';
/** A version that no repository has. */
const NOWHERE = 'v1.99.0';
const NO_IMAGE = 'registry.example/unknown:1';

/** Every script of the worker, on every role, as it is meant to end and as it fails. */
export function casesFor(facts: Facts): readonly Case[] {
  const [leader = ''] = facts.members;
  return [...readCases('control-plane', leader, facts), ...readCases('worker', facts.worker, facts), ...memberCases(facts), ...changeCases(facts)];
}

function readCases(role: string, host: string, facts: Facts): readonly Case[] {
  const probe = (name: string, script: Case['script'], args: readonly string[] = []): Case => ({ name: `${role}: ${name}`, script, host, args, durable: false });
  const kubeProxy = (version: string): string => `registry.k8s.io/kube-proxy:${version}`;
  return [
    probe('facts of a host whose target is in its repository', 'checkHost', packageArguments(facts, facts.target)),
    probe('facts of a host whose target is in no repository', 'checkHost', packageArguments(facts, NOWHERE)),
    probe('facts of a host whose sources match no template', 'checkHost', packageArguments({ ...facts, repository: 'https://elsewhere.invalid/{minor}/' }, facts.target)),
    probe('facts asked with an unknown argument', 'checkHost', ['--nonsense', 'yes']),
    probe('images of the target', 'listImages', [...packageArguments(facts, facts.target), '--image-repository', '']),
    probe('images of the target in a mirror', 'listImages', [...packageArguments(facts, facts.target), '--image-repository', 'mirror.example/k8s']),
    probe('images of a version in no repository', 'listImages', [...packageArguments(facts, NOWHERE), '--image-repository', '']),
    probe('images that are there', 'checkImages', [kubeProxy(facts.version)]),
    probe('an image that is not there', 'checkImages', [kubeProxy(facts.version), NO_IMAGE]),
    probe('no images asked', 'checkImages', []),
    probe('what kubeadm would replace', 'readReplaced', role === 'worker' ? [host, '', '', ''] : [host, CONFIGURATION, '', '']),
    probe('what kubeadm would replace, with a patch', 'readReplaced', role === 'worker' ? [host, '', '', ''] : [host, CONFIGURATION, CONFIGURATION, 'yes', 'kube-apiserver0+json.yaml', PATCH]),
    probe('state of kubeadm before it ran', 'kubeadmState', [recordOf(host, 'never'), facts.version]),
    probe("kubeadm's plan of the present version", 'kubeadmPlan', [facts.version]),
    probe("kubeadm's plan with warnings ignored", 'kubeadmPlan', [facts.version, '--ignore-preflight-errors=CoreDNSUnsupportedPlugins']),
    probe('etcd', 'readEtcd'),
  ];
}

function memberCases(facts: Facts): readonly Case[] {
  const [leader = '', follower] = facts.members;
  const [leaderId = '', followerId = ''] = facts.ids;
  const move = (name: string, host: string, to: string): Case => ({ name, script: 'moveEtcdLeader', host, args: [to], durable: false });
  return [
    { name: 'etcd snapshot', script: 'snapshotEtcd', host: leader, args: [`${FOLDER}/snapshots`, 'conformance', '3'], durable: true },
    { name: 'etcd snapshot on a worker', script: 'snapshotEtcd', host: facts.worker, args: [`${FOLDER}/snapshots`, 'conformance', '3'], durable: true },
    { name: 'record of a control-plane node', script: 'recordControlPlane', host: leader, args: [recordOf(leader, 'record')], durable: true },
    { name: 'record of a control-plane node that is there', script: 'recordControlPlane', host: leader, args: [recordOf(leader, 'record')], durable: false },
    { name: 'what a control-plane node has for a restore', script: 'checkRestore', host: leader, args: [recordOf(leader), NO_SUM], durable: false },
    { name: 'what a worker without a record has for a restore', script: 'checkRestore', host: facts.worker, args: [recordOf(facts.worker, 'never'), NO_SUM], durable: false },
    { name: 'keys of etcd on a worker', script: 'listKeys', host: facts.worker, args: [], durable: false },
    ...refusedRestores(leader, facts),
    move('etcd leadership to no member', leader, '1234abcd'),
    move('etcd leadership on a worker', facts.worker, leaderId),
    ...(follower === undefined ? [] : [
      move('etcd leadership asked of a follower', follower, leaderId),
      move('etcd leadership to a follower', leader, followerId),
      move('etcd leadership back', follower, leaderId),
    ]),
  ];
}

/** Steps of a restore before what they need is there: nothing stops, and nothing is moved. */
function refusedRestores(leader: string, facts: Facts): readonly Case[] {
  const step = (name: string, script: Case['script'], args: readonly string[]): Case => ({ name, script, host: leader, args, durable: true });
  const all = [...packageArguments(facts, facts.version), ...places(leader), '--restore', '1'];
  return [
    step('restore of a snapshot that is not on the host', 'prepareRestore', [recordOf(leader), '1', NO_SUM, `${leader}=https://127.0.0.1:2380`, '1']),
    step('stop of a control plane without a restored snapshot', 'stopControlPlane', [recordOf(leader), '1']),
    step('restore of a control plane that runs', 'restoreControlPlane', all),
    step('start of a control plane that was not restored', 'startControlPlane', all),
  ];
}

/** What may be repeated at the version that runs. */
function changeCases(facts: Facts): readonly Case[] {
  const [leader = ''] = facts.members;
  const step = (name: string, script: Case['script'], host: string, args: readonly string[]): Case => ({ name, script, host, args, durable: true });
  const present = (host: string): readonly string[] => [...packageArguments(facts, facts.version), ...places(host)];
  const kubelet = (host: string, role: string): readonly string[] => [...present(host), '--role', role];
  const kubeadm = (host: string, role: string, ...flags: readonly string[]): readonly string[] => [recordOf(host), facts.version, role, 'upgrade', 'node', ...flags];
  const stage = (host: string, images: string): readonly string[] => [...packageArguments(facts, facts.target), ...places(host), '--image-repository', '', '--images', images];
  const { worker } = facts;
  return [
    step('staging a worker', 'stageNode', worker, stage(worker, 'worker')),
    step('staging a worker again', 'stageNode', worker, stage(worker, 'worker')),
    step('staging a control-plane node', 'stageNode', leader, stage(leader, 'all')),
    step('staging a version that is in no repository', 'stageNode', worker, [...packageArguments(facts, NOWHERE), ...places(worker, 'nowhere'), '--image-repository', '', '--images', 'worker']),
    step('kubeadm at the version that runs', 'upgradeKubeadm', worker, present(worker)),
    step('kubeadm upgrade node on a worker', 'kubeadmUpgrade', worker, kubeadm(worker, 'worker', '--certificate-renewal=true')),
    { name: 'state of kubeadm after it ran', script: 'kubeadmState', host: worker, args: [recordOf(worker), facts.version], durable: false },
    step('kubeadm with an unknown flag', 'kubeadmUpgrade', worker, kubeadm(worker, 'worker', '--nonsense')),
    step("a control-plane node's kubeadm on a worker", 'kubeadmUpgrade', worker, kubeadm(worker, 'control-plane,etcd')),
    step("a worker's kubeadm on a control-plane node", 'kubeadmUpgrade', leader, kubeadm(leader, 'worker')),
    step('kubeadm of a control-plane node whose etcd is external, on one with a member', 'kubeadmUpgrade', leader, kubeadm(leader, 'control-plane')),
    step('kubelet at the version that runs', 'upgradeKubelet', worker, kubelet(worker, 'worker')),
    step("a control-plane node's kubelet on a worker", 'upgradeKubelet', worker, kubelet(worker, 'control-plane')),
    step("a worker's kubelet on a control-plane node", 'upgradeKubelet', leader, kubelet(leader, 'worker')),
    step('kubelet of a host without a role', 'upgradeKubelet', worker, present(worker)),
    step('a step with an unknown argument', 'upgradeKubelet', worker, ['--nonsense', 'yes']),
    step('roll back at the version that runs', 'rollbackNode', worker, present(worker)),
    step('roll back to a version that was not recorded', 'rollbackNode', worker, [...packageArguments(facts, NOWHERE), ...places(worker)]),
    step('a worker in a restore at the version that runs', 'restoreWorker', worker, present(worker)),
    step('roll back without a record', 'rollbackNode', worker, [...packageArguments(facts, facts.version), '--record', recordOf(worker, 'never'), '--staged', `${FOLDER}/${worker}/staged`]),
  ];
}

/** Everything that the cases leave is below it. */
export const FOLDER = '/var/lib/capstan/conformance';

function recordOf(host: string, name = 'record'): string {
  return `${FOLDER}/${host}/${name}`;
}

function places(host: string, name = 'staged'): readonly string[] {
  return ['--record', recordOf(host), '--staged', `${FOLDER}/${host}/${name}`];
}

function packageArguments({ repository }: Facts, version: string): readonly string[] {
  return ['--version', version, '--minor', /^v(\d+\.\d+)/.exec(version)?.[1] ?? '', '--repository', repository];
}
