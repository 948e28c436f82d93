import type { RecordControlPlaneInput, StepResult } from '../../workflows/domain/step.ts';
import { startStep } from '../activity-context.ts';
import { outputValue, runDurable } from '../durable-step.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { recordFolder } from '../packages/package-step.ts';
import type { HostActivityOptions } from '../packages/package-step.ts';

const STEP = 'recordControlPlane';

/**
 * Keeps on every control-plane node what a restore of the whole control plane needs of it (manifests, certificates,
 * kubeconfigs, the kubelet's configuration, etcdutl), before anything changes. What is recorded already stays as it is.
 * Failures: HostStepFailed and those of `Hosts`.
 */
export function createRecordControlPlane({ openHosts, now }: HostActivityOptions) {
  return async function recordControlPlane(input: RecordControlPlaneInput): Promise<StepResult> {
    const end = startStep(now);
    const { upgrade, nodes, epochMs } = input;
    const hosts = await openHosts(upgrade.access);
    const results = await Promise.all(nodes.map(async (node) =>
      // Nothing of the cluster changes: a run of the workflow that begins after a failure may try again.
      runDurable(hosts, { upgrade, node, retry: epochMs, epochMs }, STEP, SCRIPTS.recordControlPlane, [recordFolder({ upgrade, node })], async () => 'rerun')));
    return end({
      busySeconds: Math.max(0, ...results.map(({ busySeconds }) => busySeconds)),
      changed: results.some(({ started, tail }) => started && outputValue(tail, 'changed') === 'yes'),
      note: `the way back of ${nodes.map(({ name }) => name).join(', ')} is in ${recordFolder({ upgrade, node: { name: 'NODE' } })}`,
    });
  };
}
