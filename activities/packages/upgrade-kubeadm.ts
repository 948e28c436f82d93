import type { PackageStepInput, StepResult } from '../../workflows/domain/step.ts';
import { startStep } from '../activity-context.ts';
import { outputValue, runDurable } from '../durable-step.ts';
import { hostRole } from '../hosts/host-role.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { kubeadmNodeArguments } from '../kubeadm/kubeadm-arguments.ts';
import { uploadKubeadmFiles } from '../kubeadm/kubeadm-config-file.ts';
import { kubeadmVerdict } from '../kubeadm/kubeadm-state.ts';
import { packageArguments, recordFolder, requirePlannedVersions } from './package-step.ts';
import type { NodeHostOptions } from './package-step.ts';

/**
 * The package kubeadm at the target, from the repository of its minor; on a worker `kubeadm upgrade node` too.
 * Failures: HostStepFailed, StepUnknown, SpecInvalid and FileMissing (kubeadm.componentConfigs, kubeadm.patches), and those of `Hosts`.
 */
export function createUpgradeKubeadm({ openKube, openHosts, now }: NodeHostOptions) {
  return async function upgradeKubeadm(input: PackageStepInput): Promise<StepResult> {
    const end = startStep(now);
    await requirePlannedVersions({ openKube }, input, input.node.roles.includes('control-plane') ? 'apply' : 'worker');
    const hosts = await openHosts(input.upgrade.access);
    // The script looks at what is installed, finishes what dpkg left half done, and does the rest: it may always run again.
    const installed = await runDurable(hosts, input, 'upgradeKubeadm', SCRIPTS.upgradeKubeadm, packageArguments(input), async () => 'rerun');
    const changed = outputValue(installed.tail, 'changed') !== 'no';
    if (input.node.roles.includes('control-plane')) {
      return end({ busySeconds: installed.busySeconds, changed, note: `kubeadm ${input.node.to}` });
    }
    const files = await uploadKubeadmFiles(hosts, input, false);
    const args = [recordFolder(input), input.node.to, hostRole(input.node), ...kubeadmNodeArguments(input.kubeadm, files)];
    const node = await runDurable(hosts, input, 'kubeadmUpgradeNode', SCRIPTS.kubeadmUpgrade, args, () => kubeadmVerdict(hosts, input));
    return end({ busySeconds: installed.busySeconds + node.busySeconds, changed: true, note: `kubeadm ${input.node.to}, kubeadm upgrade node` });
  };
}
