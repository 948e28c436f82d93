import type { KubeletResult, PackageStepInput } from '../../workflows/domain/step.ts';
import { startStep } from '../activity-context.ts';
import { outputValue, runDurable } from '../durable-step.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { packageArguments } from './package-step.ts';
import type { HostActivityOptions } from './package-step.ts';

/**
 * The packages kubelet and kubectl at the target, and the kubelet restarted and up. Failures: HostStepFailed, with the
 * end of the kubelet's journal where it does not stay up, and those of `Hosts`.
 */
export function createUpgradeKubelet({ openHosts, now }: HostActivityOptions) {
  return async function upgradeKubelet(input: PackageStepInput): Promise<KubeletResult> {
    const end = startStep(now);
    const hosts = await openHosts(input.upgrade.access);
    // One restart too many harms nothing; a kubelet that was never restarted would.
    const { busySeconds, tail } = await runDurable(hosts, input, 'upgradeKubelet', SCRIPTS.upgradeKubelet, packageArguments(input), async () => 'rerun');
    const changed = outputValue(tail, 'changed') !== 'no';
    return { ...end({ busySeconds, changed, note: `kubelet ${input.node.to}, restarted` }), restartedAt: outputValue(tail, 'restarted-at') };
  };
}
