import type { KubeletResult, KubeletStepInput } from '../../workflows/domain/step.ts';
import { currentActivity, startStep } from '../activity-context.ts';
import { asClaimed, claimStep, hostOf, outputValue, runDurable } from '../durable-step.ts';
import { waitForMemberGate } from '../etcd/member-gate.ts';
import { hostRole } from '../hosts/host-role.ts';
import type { Hosts } from '../hosts/port.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { packageArguments, requirePlannedVersions } from './package-step.ts';
import type { NodeHostOptions } from './package-step.ts';

const STEP = 'upgradeKubelet';

/**
 * The packages kubelet and kubectl at the target, and the kubelet restarted and up. Failures: HostStepFailed, with the
 * end of the kubelet's journal where it does not stay up, GateTimeout where the node carries an etcd member, ClusterMoved where an API
 * server is older than the kubelet would be or has been taken further, and those of `Hosts` and `Kube`.
 */
export function createUpgradeKubelet(options: NodeHostOptions) {
  return async function upgradeKubelet(input: KubeletStepInput): Promise<KubeletResult> {
    const end = startStep(options.now);
    const hosts = await options.openHosts(input.upgrade.access);
    const asked = await waitForTurn(options, hosts, input);
    // One restart too many harms nothing; a kubelet that was never restarted would.
    const { busySeconds, tail } = await runDurable(hosts, asked, STEP, SCRIPTS.upgradeKubelet, [...packageArguments(input), '--role', hostRole(input.node)], async () => 'rerun');
    const changed = outputValue(tail, 'changed') !== 'no';
    return { ...end({ busySeconds, changed, note: `kubelet ${input.node.to}, restarted` }), restartedAt: outputValue(tail, 'restarted-at') };
  };
}

/**
 * What has to hold when the kubelet is replaced: the drain before may have taken hours. A kubelet of another minor starts every static
 * pod anew, etcd's among them, so on a control-plane node what is under way already is found first: its own API may be away meanwhile.
 * Returns the input to go on with.
 */
async function waitForTurn(options: NodeHostOptions, hosts: Hosts, input: KubeletStepInput): Promise<KubeletStepInput> {
  const { node, members = [], acceptOutage = false } = input;
  if (!node.roles.includes('control-plane')) {
    await requirePlannedVersions(options, input, 'worker');
    return input;
  }
  const state = await claimStep(hosts, input, STEP);
  if (state !== 'absent' && state !== 'interrupted') return asClaimed(input, state);
  await requirePlannedVersions(options, input, 'own-kubelet');
  if (!members.some((member) => member.name === node.name)) return input;
  const { signal } = currentActivity();
  await waitForMemberGate({ hosts, node: node.name, members: members.map(hostOf), acceptOutage, elapsedMs: options.elapsedMs, signal }, hostOf(node));
  return input;
}
