import { currentActivity } from '../activity-context.ts';
import { failureTypeOf, stepError } from '../step-error.ts';
import type { EtcdObservation } from '../../workflows/domain/observation.ts';
import type { PlannedNode, UpgradePlan } from '../../workflows/domain/plan.ts';
import type { StepResult, UpgradeRef } from '../../workflows/domain/step.ts';
import { hostOf } from '../durable-step.ts';
import type { OpenHosts } from '../hosts/port.ts';
import type { Node, Pod } from '../kubernetes/objects.ts';
import type { Kube, OpenKube } from '../kubernetes/port.ts';
import { timedStep } from '../kubernetes/timed-step.ts';
import type { Clock } from '../kubernetes/timed-step.ts';
import { rideOver } from '../kubernetes/wait.ts';
import type { Activity } from '../kubernetes/wait.ts';
import { CORDONED_BY, OWN_PREFIX, isMarkOf } from '../nodes/cordon-mark.ts';
import { UNREADY_BEFORE } from '../nodes/unready-before.ts';
import type { ReadEtcd } from '../observe/observe-cluster.ts';
import { readKubeadmConfig } from '../observe/kubeadm-config.ts';
import { listStaticPods } from '../observe/static-pods.ts';
import { configProblems, controlPlaneProblems, kubeletProblems, listed, untilAtRest } from './problems.ts';

export interface VerifyInput {
  readonly upgrade: UpgradeRef;
  readonly plan: UpgradePlan;
  /** Names of nodes that were skipped: their versions are not looked at, but nothing of ours may be left on them. */
  readonly skipped: readonly string[];
  /** Names of nodes that went back: their kubelet is to be at the version of before. Default: none. */
  readonly rolledBack?: readonly string[];
}

export interface VerifyOptions {
  readonly openKube: OpenKube;
  readonly openHosts: OpenHosts;
  readonly readEtcd: ReadEtcd;
  readonly now: Clock;
  /** How long the cluster may take to come to rest. Default 2 minutes. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 2 * 60_000;
const LONGEST_PAUSE_MS = 2_000;

/** Confirms from the API and from etcd, not from our own records, that the cluster is what the plan said. Failure: GateTimeout. */
export function createVerifyCluster(options: VerifyOptions): (input: VerifyInput) => Promise<StepResult> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  return async function verifyCluster(input) {
    const activity = currentActivity();
    const finish = timedStep(activity, options.now);
    const kube = await options.openKube(input.upgrade.access);
    await untilAtRest(activity, () => problemsOf(activity, kube, options, input), { timeoutMs, longestPauseMs: LONGEST_PAUSE_MS, failure: (problems) => notVerified(input, problems) });
    return finish({ changed: false, note: `${input.plan.nodes.length} nodes verified at ${input.plan.to}` });
  };
}

function notVerified(input: VerifyInput, problems: readonly string[]): Error {
  return stepError('GateTimeout', `The cluster ${input.upgrade.cluster} is not what the plan said: ${listed(problems)}.`, 'Correct what is named here, then `capstan start` again: it reads everything once more and does what is left.');
}

async function problemsOf(activity: Activity, kube: Kube, options: VerifyOptions, input: VerifyInput): Promise<readonly string[]> {
  const { plan } = input;
  const [nodes, staticPods, config] = await rideOver(activity, () => Promise.all([kube.listNodes(), listStaticPods(kube), readKubeadmConfig(kube)]));
  return [...plan.nodes.flatMap((planned) => nodeProblems(planned, nodes, staticPods, input)), ...configProblems(config, plan.to), ...(await etcdProblems(options, input))];
}

function nodeProblems(planned: PlannedNode, nodes: readonly Node[], staticPods: readonly Pod[], input: VerifyInput): readonly string[] {
  const node = nodes.find((candidate) => candidate.metadata.name === planned.name);
  const skipped = input.skipped.includes(planned.name);
  if (node === undefined) return skipped ? [] : [`node ${planned.name} is gone`];
  const problems = leftovers(node, input.upgrade);
  if (skipped) return problems;
  const wanted = input.rolledBack?.includes(planned.name) === true ? planned.from : planned.to;
  return [...problems, ...kubeletProblems(node, wanted), ...(planned.roles.includes('control-plane') ? controlPlaneProblems(planned.name, staticPods, planned.to) : [])];
}

/** Contract 5: nothing of ours stays. */
function leftovers(node: Node, upgrade: UpgradeRef): string[] {
  const { name, annotations } = node.metadata;
  const problems: string[] = [];
  if (isMarkOf(annotations?.[CORDONED_BY], upgrade)) problems.push(`node ${name} still carries our mark ${CORDONED_BY}${node.spec.unschedulable === true ? ' and is cordoned' : ''}`);
  if (isMarkOf((annotations?.[UNREADY_BEFORE] ?? '').split(' ')[0], upgrade)) problems.push(`node ${name} still carries our annotation ${UNREADY_BEFORE}`);
  const taints = (node.spec.taints ?? []).filter((taint) => taint.key.startsWith(OWN_PREFIX)).map((taint) => taint.key);
  if (taints.length > 0) problems.push(`node ${name} still carries our taint ${taints.join(', ')}`);
  return problems;
}

async function etcdProblems(options: VerifyOptions, input: VerifyInput): Promise<readonly string[]> {
  const carriers = input.plan.nodes.filter((node) => node.roles.includes('etcd'));
  if (carriers.length === 0) return [];
  const hosts = await options.openHosts(input.upgrade.access);
  try {
    const etcd = await options.readEtcd(hosts, carriers.map(hostOf));
    return memberProblems(etcd, carriers);
  } catch (error) {
    // A host that restarts its network is back soon; anything else does not mend itself.
    if (failureTypeOf(error) !== 'HostUnreachable') throw error;
    return [error instanceof Error ? error.message : String(error)];
  }
}

function memberProblems(etcd: EtcdObservation, carriers: readonly PlannedNode[]): readonly string[] {
  const problems = carriers.filter((node) => !etcd.members.some((member) => member.node === node.name)).map((node) => `node ${node.name} carries no etcd member any more`);
  for (const member of etcd.members) {
    if (!member.healthy) problems.push(`etcd member ${member.name} is not healthy`);
    if (member.learner) problems.push(`etcd member ${member.name} is still a learner`);
  }
  for (const alarm of etcd.alarms) problems.push(`etcd raises the alarm ${alarm}`);
  return problems;
}
