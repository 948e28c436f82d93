import type { KubeletResult, RollbackStepInput } from '../../workflows/domain/step.ts';
import { startStep } from '../activity-context.ts';
import { claimStep, outputValue, runDurable } from '../durable-step.ts';
import type { Hosts } from '../hosts/port.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { stepError } from '../step-error.ts';
import { packageArguments, requirePlannedNode } from './package-step.ts';
import type { NodeHostOptions } from './package-step.ts';

/** Host steps of an upgrade that change a node: none of them may be at work while it goes back. */
const CHANGING_STEPS = ['upgradeKubeadm', 'kubeadmUpgradeNode', 'kubeadmUpgrade', 'upgradeKubelet'] as const;

/**
 * Packages, their sources and the kubelet's configuration as they were recorded on the host before the node's first change, and
 * the kubelet restarted and up. No repository is needed where the former packages' files were kept. Failures: HostStepFailed,
 * where the record is absent or damaged, where kubeadm has changed the node's control plane and where a step of the upgrade
 * still runs on the host; and those of `Hosts`.
 */
export function createRollbackNode({ openKube, openHosts, now }: NodeHostOptions) {
  return async function rollbackNode(input: RollbackStepInput): Promise<KubeletResult> {
    const end = startStep(now);
    await requirePlannedNode({ openKube }, input);
    const hosts = await openHosts(input.upgrade.access);
    await requireRest(hosts, { ...input, turn: input.retry }, 'nothing was put back');
    // The script looks at what is there, finishes what dpkg left half done, and does the rest: it may always run again.
    const { busySeconds, tail } = await runDurable(hosts, input, 'rollbackNode', SCRIPTS.rollbackNode, packageArguments(input), async () => 'rerun');
    const changed = outputValue(tail, 'changed') !== 'no';
    return { ...end({ busySeconds, changed, note: `back at ${input.node.to}, kubelet restarted` }), restartedAt: outputValue(tail, 'restarted-at') };
  };
}

/**
 * A host that could not be reached may still be busy with the step that was given up; and a worker that hung with it does not
 * begin it any more. Failure: HostStepFailed, which ends with `unchanged`.
 *
 * @param input Its `turn` is higher than that of every step of the upgrade before it.
 */
export async function requireRest(hosts: Hosts, { upgrade, node, epochMs, turn }: Pick<RollbackStepInput, 'upgrade' | 'node' | 'epochMs'> & { readonly turn: number }, unchanged: string): Promise<void> {
  for (const step of CHANGING_STEPS) {
    const state = await claimStep(hosts, { upgrade, node, retry: 0, turn, epochMs }, step);
    if (state !== 'running') continue;
    throw stepError('HostStepFailed', `${step} still runs on ${node.name} (${node.address}): ${unchanged}.`, `wait until it has ended (\`capstan logs ${node.name} ${step}\`), then \`capstan retry ${node.name}\``);
  }
}
