import type { NodeStepInput, PackageStepInput } from '../../workflows/domain/step.ts';
import { minorOf, parseVersion } from '../../workflows/domain/version.ts';
import { currentActivity } from '../activity-context.ts';
import type { Clock } from '../activity-context.ts';
import type { OpenHosts } from '../hosts/port.ts';
import type { AccessSpec } from '../../workflows/domain/spec.ts';
import type { VersionedStep } from '../../workflows/domain/moved-versions.ts';
import { readControlPlane, readControlPlaneTogether, requireUnmoved } from '../kubeadm/control-plane-now.ts';
import type { ControlPlaneKube } from '../kubeadm/control-plane-now.ts';
import { rideOver } from '../kubernetes/wait.ts';
import { plannedNode } from '../nodes/planned-node.ts';
import { stepError } from '../step-error.ts';

/** Folder on every host for what Capstan keeps there. */
export const HOST_STATE = '/var/lib/capstan';

export interface HostActivityOptions {
  readonly openHosts: OpenHosts;
  /** Milliseconds since the epoch, for people. */
  readonly now: Clock;
  /** Milliseconds of a clock that nobody sets, for deadlines. Default: performance.now. */
  readonly elapsedMs?: Clock;
}

/** For steps that ask the cluster before they change the host. */
export interface NodeHostOptions extends HostActivityOptions {
  readonly openKube: (access: AccessSpec) => Promise<ControlPlaneKube>;
}

/** Before the first command on the host of a node. Failures: ClusterMoved where the name is another node's by now, those of `Kube`. */
export async function requirePlannedNode({ openKube }: Pick<NodeHostOptions, 'openKube'>, input: NodeStepInput): Promise<void> {
  const kube = await openKube(input.upgrade.access);
  await rideOver(currentActivity(), () => plannedNode(kube, input));
}

/** Before a command that brings a node to its version. Failures: ClusterMoved where the control plane is no longer what that was planned for, too. */
export async function requirePlannedVersions({ openKube }: Pick<NodeHostOptions, 'openKube'>, input: NodeStepInput, step: VersionedStep): Promise<void> {
  const kube = await openKube(input.upgrade.access);
  await rideOver(currentActivity(), async () => {
    await plannedNode(kube, input);
    // Workers begin together, when the control plane is done; a control-plane node has just changed what it asks for.
    const now = step === 'worker' ? await readControlPlaneTogether(kube) : await readControlPlane(kube);
    requireUnmoved(now, input.node, step);
  });
}

/** Arguments of the package scripts for a version and a repository template. */
export function repositoryArguments(version: string, repository: string | null): readonly string[] {
  const parsed = parseVersion(version);
  if (parsed === null) throw stepError('SpecInvalid', `spec.target.version: ${version} is no Kubernetes version`, 'Write it as v1.34.4.');
  return ['--version', version, '--minor', minorOf(parsed), '--repository', repository ?? ''];
}

/** Folder of what a node was before its change: the way back. */
export function recordFolder(input: { readonly upgrade: { readonly id: string }; readonly node: { readonly name: string } }): string {
  return `${HOST_STATE}/${input.upgrade.id}/${input.node.name}/record`;
}

/** Arguments of the durable package scripts. */
export function packageArguments(input: PackageStepInput): readonly string[] {
  return [
    ...repositoryArguments(input.node.to, input.repository),
    '--record', recordFolder(input),
    '--staged', `${HOST_STATE}/${input.upgrade.id}/${input.node.name}/staged`,
  ];
}
