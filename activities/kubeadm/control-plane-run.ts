import type { ControlPlaneStepInput } from '../../workflows/domain/step.ts';
import type { Clock } from '../activity-context.ts';
import { whileBeating } from '../activity-context.ts';
import { asClaimed, claimStep, hostOf, runDurable } from '../durable-step.ts';
import type { DurableResult } from '../durable-step.ts';
import { moveLeadershipAway } from '../etcd/leadership.ts';
import { waitForGate } from '../etcd/wait-gate.ts';
import type { GateWait } from '../etcd/wait-gate.ts';
import { hostRole } from '../hosts/host-role.ts';
import type { HostAddress, Hosts } from '../hosts/port.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { recordFolder } from '../packages/package-step.ts';
import { kubeadmApplyArguments, kubeadmNodeArguments } from './kubeadm-arguments.ts';
import { uploadKubeadmFiles } from './kubeadm-config-file.ts';
import { requireImages, requireUnmoved, requireUnmovedManifests, versionOfTag } from './control-plane-now.ts';
import type { ControlPlaneKube } from './control-plane-now.ts';
import { manifestTags, readKubeadmState } from './kubeadm-state.ts';
import { checkKubeadmPlan } from './plan-check.ts';
import { waitForApiServers } from './wait-api-servers.ts';

/** Step folder of kubeadm's run on a control-plane node: both activities that watch it know it by this name. */
export const KUBEADM_STEP = 'kubeadmUpgrade';

export interface ControlPlaneRun {
  readonly hosts: Hosts;
  readonly kube: ControlPlaneKube;
  readonly input: ControlPlaneStepInput;
  /** Milliseconds of a clock that nobody sets. */
  readonly elapsedMs: Clock;
  readonly signal: AbortSignal;
}

/**
 * Runs kubeadm's upgrade of a control-plane node to its end, or attaches to it. Where it has not begun, contract 2 comes
 * first, and the API servers beside this node's: the gate, leadership moved away, kubeadm's own plan on the first node, and all of it
 * again right before the start, with the versions of the control plane, which somebody may have taken further since the plan was made.
 * Failures: GateTimeout, ClusterMoved, ComponentConfigManual, HostStepFailed, StepUnknown, SpecInvalid, FileMissing, FileMoved and those of `Hosts`.
 */
export async function runKubeadm(run: ControlPlaneRun): Promise<DurableResult> {
  const { hosts, input } = run;
  const state = await claimStep(hosts, input, KUBEADM_STEP);
  const files = state === 'finished' ? { config: null, patches: null } : await uploadKubeadmFiles(hosts, input, input.force);
  if (state === 'absent' || state === 'interrupted') await prepare(run, state === 'absent');
  const { node, kubeadm, force } = input;
  const command = node.first ? kubeadmApplyArguments(node.to, kubeadm, files, force) : kubeadmNodeArguments(kubeadm, files);
  const args = [recordFolder(input), node.to, hostRole(node), ...command];
  return runDurable(hosts, asClaimed(input, state), KUBEADM_STEP, SCRIPTS.kubeadmUpgrade, args, async () => {
    const left = await readKubeadmState(hosts, input, run.signal);
    // A kubeadm that runs outside of our unit may be anybody's.
    if (left.running) return 'unknown';
    if (state !== 'interrupted') await prepare(run, false);
    return 'rerun';
  }, run.signal);
}

/** The gate of contract 2 as this run waits for it; null where etcd is external. */
export function gateOf({ hosts, input, elapsedMs, signal }: ControlPlaneRun): GateWait | null {
  if (input.members.length === 0) return null;
  return { hosts, node: input.node.name, members: membersFrom(input), acceptOutage: input.acceptOutage, elapsedMs, signal };
}

/** Hosts of all members, this node's last: its own member is the one that changes. */
function membersFrom(input: ControlPlaneStepInput): readonly HostAddress[] {
  const others = input.members.filter((member) => member.name !== input.node.name);
  const own = input.members.filter((member) => member.name === input.node.name);
  return [...others, ...own].map(hostOf);
}

async function prepare(run: ControlPlaneRun, withPlan: boolean): Promise<void> {
  const { hosts, input, signal } = run;
  await waitForApiServers(run);
  const gate = gateOf(run);
  if (gate !== null) {
    const etcd = await waitForGate(gate);
    await moveLeadershipAway(hosts, hostOf(input.node), etcd, signal);
  }
  if (withPlan && input.node.first) {
    await whileBeating(() => `${input.node.name}: kubeadm upgrade plan ${input.node.to}`, () => checkKubeadmPlan(hosts, input, signal));
  }
  await requireVersions(run);
  if (gate === null) return;
  // Leadership may have come back meanwhile: then the wait moves on to the next look.
  await waitForGate({ ...gate, also: ({ members }) => (members.length > 1 && members.find((member) => member.leader)?.node === input.node.name ? [`${input.node.name} still leads`] : []) });
}

/** What the API and the manifests of the host itself say now. */
async function requireVersions(run: ControlPlaneRun): Promise<void> {
  const { hosts, input, signal } = run;
  const now = await waitForApiServers(run);
  const state = await whileBeating(() => `${input.node.name}: reading its manifests`, () => readKubeadmState(hosts, input, signal));
  const manifests = manifestTags(state).flatMap(({ name, tag }) => ({ item: `the manifest of ${name} on ${input.node.name}`, version: versionOfTag(tag) ?? '' }));
  if (now === null) return requireUnmovedManifests(input.node, manifests);
  requireImages(now, input);
  requireUnmoved(now, input.node, input.node.first ? 'apply' : 'node', manifests);
}
