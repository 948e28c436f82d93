import type { PackageStepInput, StepResult } from '../../workflows/domain/step.ts';
import { startStep } from '../activity-context.ts';
import { outputValue, runDurable } from '../durable-step.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { packageArguments, requirePlannedNode } from './package-step.ts';
import type { NodeHostOptions } from './package-step.ts';

/**
 * Packages and images of the target on the node, before any cordon: nothing is installed and the host's sources stay.
 * Failures: HostStepFailed and those of `Hosts`.
 */
export function createStageNode({ openKube, openHosts, now }: NodeHostOptions) {
  return async function stageNode(input: PackageStepInput): Promise<StepResult> {
    const end = startStep(now);
    await requirePlannedNode({ openKube }, input);
    const hosts = await openHosts(input.upgrade.access);
    const images = input.node.roles.includes('control-plane') ? 'all' : 'worker';
    const args = [...packageArguments(input), '--image-repository', input.imageRepository ?? '', '--images', images];
    // Fetching again what was fetched in part is what the package manager and the runtime do by themselves.
    const { busySeconds, tail } = await runDurable(hosts, input, 'stageNode', SCRIPTS.stageNode, args, async () => 'rerun');
    return end({ busySeconds, changed: outputValue(tail, 'changed') !== 'no', note: outputValue(tail, 'staged') ?? `staged ${input.node.to}` });
  };
}
