import type { PackageStepInput } from '../../workflows/domain/step.ts';
import { minorOf, parseVersion } from '../../workflows/domain/version.ts';
import type { Clock } from '../activity-context.ts';
import type { OpenHosts } from '../hosts/port.ts';
import { stepError } from '../step-error.ts';

/** Folder on every host for what Capstan keeps there. */
export const HOST_STATE = '/var/lib/capstan';

export interface HostActivityOptions {
  readonly openHosts: OpenHosts;
  readonly now: Clock;
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
