import type { RestorePlan } from '../../workflows/domain/restore.ts';
import type { PlannedNode } from '../../workflows/domain/plan.ts';
import type { StepResult, UpgradeRef } from '../../workflows/domain/step.ts';
import { currentActivity } from '../activity-context.ts';
import { gateProblems } from '../etcd/gate.ts';
import { hostOf } from '../durable-step.ts';
import type { Hosts, OpenHosts } from '../hosts/port.ts';
import { concurrently } from '../kubernetes/concurrently.ts';
import type { Node } from '../kubernetes/objects.ts';
import type { Kube, OpenKube } from '../kubernetes/port.ts';
import { timedStep } from '../kubernetes/timed-step.ts';
import type { Clock } from '../kubernetes/timed-step.ts';
import { readKubeadmConfig } from '../observe/kubeadm-config.ts';
import type { ReadEtcd } from '../observe/observe-cluster.ts';
import { listStaticPods } from '../observe/static-pods.ts';
import { findAllLeft, releaseAllLeft } from '../release/release-activities.ts';
import { failureTypeOf, stepError } from '../step-error.ts';
import { configProblems, controlPlaneProblems, kubeletProblems, listed, untilAtRest } from '../verify/problems.ts';

export interface VerifyRestoreOptions {
  readonly openKube: OpenKube;
  readonly openHosts: OpenHosts;
  readonly readEtcd: ReadEtcd;
  readonly now: Clock;
  /** How long the cluster may take to come to rest. Default 10 minutes. */
  readonly timeoutMs?: number;
}

export interface VerifyRestoreInput {
  readonly upgrade: UpgradeRef;
  readonly plan: RestorePlan;
}

const TIMEOUT_MS = 10 * 60_000;
const LONGEST_PAUSE_MS = 1_000;
/** Leases asked for at once. */
const WIDTH = 20;
const NODE_LEASES = 'kube-node-lease';

/**
 * Waits until the cluster is what the plan of the restore said, asked of the API and of etcd, and then gives back what the snapshot
 * brought back of ours: the lock of the upgrade that took it, cordons and taints. Failures: GateTimeout, those of `Kube` and `Hosts`.
 */
export function createVerifyRestore(options: VerifyRestoreOptions): (input: VerifyRestoreInput) => Promise<StepResult> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  return async function verifyRestore(input) {
    const { plan, upgrade } = input;
    const activity = currentActivity();
    const finish = timedStep(activity, options.now);
    const kube = await options.openKube(upgrade.access);
    const hosts = await options.openHosts(upgrade.access);
    const silentOf = watchHeartbeats(kube);
    await untilAtRest(activity, () => problemsOf(kube, hosts, { ...options, silentOf }, plan), { timeoutMs, longestPauseMs: LONGEST_PAUSE_MS, failure: (problems) => notRestored(plan, problems) });
    const { note } = await releaseAllLeft(activity, kube, await findAllLeft(activity, kube, null));
    return finish({ changed: true, note: `${plan.nodes.length + plan.workers.length} nodes verified at ${plan.to}; ${note}` });
  };
}

function notRestored(plan: RestorePlan, problems: readonly string[]): Error {
  return stepError('GateTimeout', `The cluster ${plan.cluster} is not yet what was restored: ${listed(problems)}.`, `Mend what is named here, by the logs in /var/log/pods and the journal of the unit kubelet on its host; the data of before is still there, as member.before-… in etcd's folder. Then \`capstan release ${plan.cluster}\` gives back the lock.`);
}

/** Names of the nodes whose kubelet has not renewed its Lease since it was first asked for. */
type SilentOf = (names: readonly string[]) => Promise<readonly string[]>;

/** The snapshot says Ready of nodes that were so then: only a kubelet that has reported since counts, whatever its clock says. */
function watchHeartbeats(kube: Kube): SilentOf {
  const first = new Map<string, string | null>();
  const heard = new Set<string>();
  return async (names) => {
    await concurrently(names.filter((name) => !heard.has(name)), WIDTH, async (name) => {
      const renewed = (await kube.getLease(NODE_LEASES, name))?.spec.renewTime ?? null;
      if (!first.has(name)) first.set(name, renewed);
      else if (renewed !== null && renewed !== first.get(name)) heard.add(name);
    });
    return names.filter((name) => !heard.has(name));
  };
}

async function problemsOf(kube: Kube, hosts: Hosts, { readEtcd, silentOf }: { readonly readEtcd: ReadEtcd; readonly silentOf: SilentOf }, plan: RestorePlan): Promise<readonly string[]> {
  try {
    const silent = await silentOf([...plan.nodes, ...plan.workers].map(({ name }) => name));
    return [
      ...(await apiProblems(kube, plan)), ...(await etcdProblems(hosts, readEtcd, plan)),
      ...silent.map((name) => `the kubelet of node ${name} has not reported since`),
    ];
  } catch (error) {
    // What has just been started answers in its own time.
    const type = failureTypeOf(error);
    if (type !== 'ApiUnreachable' && type !== 'HostUnreachable' && type !== 'Unexpected') throw error;
    return [error instanceof Error ? error.message : String(error)];
  }
}

async function apiProblems(kube: Kube, plan: RestorePlan): Promise<readonly string[]> {
  const [uid, nodes, staticPods, config] = await Promise.all([kube.clusterUid(), kube.listNodes(), listStaticPods(kube), readKubeadmConfig(kube)]);
  return [
    ...(uid === plan.clusterUid ? [] : [`the API serves the cluster ${uid}, not ${plan.clusterUid}`]),
    ...[...plan.nodes, ...plan.workers].flatMap((planned) => nodeProblems(planned, nodes)),
    ...plan.nodes.filter(({ roles }) => roles.includes('control-plane')).flatMap((planned) => controlPlaneProblems(planned.name, staticPods, plan.to)),
    ...configProblems(config, plan.to),
  ];
}

function nodeProblems(planned: PlannedNode, nodes: readonly Node[]): readonly string[] {
  const node = nodes.find(({ metadata }) => metadata.name === planned.name);
  return node === undefined ? [`node ${planned.name} is gone`] : kubeletProblems(node, planned.to);
}

async function etcdProblems(hosts: Hosts, readEtcd: ReadEtcd, plan: RestorePlan): Promise<readonly string[]> {
  const carriers = plan.nodes.filter(({ roles }) => roles.includes('etcd'));
  const etcd = await readEtcd(hosts, carriers.map(hostOf));
  return gateProblems(etcd, { expected: carriers.map(({ name }) => name), acceptOutage: true });
}
