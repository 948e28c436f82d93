import type { KubeletResult, KubeletStepInput } from '../../workflows/domain/step.ts';
import { currentActivity, startStep } from '../activity-context.ts';
import { asClaimed, claimStep, hostOf, outputValue, runDurable } from '../durable-step.ts';
import { waitForMemberGate } from '../etcd/member-gate.ts';
import type { Hosts } from '../hosts/port.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { packageArguments, requirePlannedNode } from './package-step.ts';
import type { NodeHostOptions } from './package-step.ts';

const STEP = 'upgradeKubelet';

/**
 * The packages kubelet and kubectl at the target, and the kubelet restarted and up. Failures: HostStepFailed, with the
 * end of the kubelet's journal where it does not stay up, GateTimeout where the node carries an etcd member, and those of `Hosts`.
 */
export function createUpgradeKubelet({ openKube, openHosts, now }: NodeHostOptions) {
  return async function upgradeKubelet(input: KubeletStepInput): Promise<KubeletResult> {
    const end = startStep(now);
    await requirePlannedNode({ openKube }, input);
    const hosts = await openHosts(input.upgrade.access);
    const asked = await waitForMember(hosts, input, now);
    // One restart too many harms nothing; a kubelet that was never restarted would.
    const { busySeconds, tail } = await runDurable(hosts, asked, STEP, SCRIPTS.upgradeKubelet, packageArguments(input), async () => 'rerun');
    const changed = outputValue(tail, 'changed') !== 'no';
    return { ...end({ busySeconds, changed, note: `kubelet ${input.node.to}, restarted` }), restartedAt: outputValue(tail, 'restarted-at') };
  };
}

/**
 * A kubelet of another minor starts every static pod anew, etcd's among them: the drain before may have taken hours. Returns the
 * input to go on with.
 */
async function waitForMember(hosts: Hosts, input: KubeletStepInput, now: NodeHostOptions['now']): Promise<KubeletStepInput> {
  const { node, members = [], acceptOutage = false } = input;
  if (!members.some((member) => member.name === node.name)) return input;
  const state = await claimStep(hosts, input, STEP);
  if (state !== 'absent' && state !== 'interrupted') return asClaimed(input, state);
  const { signal } = currentActivity();
  await waitForMemberGate({ hosts, node: node.name, members: members.map(hostOf), acceptOutage, now, signal }, hostOf(node));
  return input;
}
