import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labFiles } from '../../lab/lab.ts';
import type { LabState } from '../../lab/lab.ts';
import { packageRepositoryOf } from '../../lab/plan.ts';
import type { LabRole } from '../../lab/plan.ts';
import { packageVersion } from '../../lab/versions.ts';

/** What a rival is given, as an operator would have set it up on the machine that it runs from. */
export interface Operator {
  readonly folder: string;
  /** A configuration of `ssh` that leads to every node through the bastion. */
  readonly sshConfig: string;
  readonly repository: string;
  /** Such as `v1.34.4`. */
  readonly version: string;
  /** Such as `1.34.4-1.1`. */
  readonly package: string;
  readonly controlPlanes: readonly string[];
  readonly workers: readonly string[];
  readonly remove: () => Promise<void>;
}

/** Writes that set-up into a new folder. */
export async function setUpOperator(lab: LabState): Promise<Operator> {
  const folder = await mkdtemp(join(tmpdir(), 'capstan-bench-'));
  const { plan } = lab;
  const named = (role: LabRole): readonly string[] => plan.nodes.filter((node) => node.role === role).map((node) => node.name);
  const common = [`  IdentityFile ${labFiles.privateKey}`, `  UserKnownHostsFile ${labFiles.knownHosts}`, '  IdentitiesOnly yes', '  StrictHostKeyChecking yes', `  User ${plan.user}`];
  const hosts = plan.nodes.flatMap((node) => [`Host ${node.name}`, `  HostName ${node.address}`, '  ProxyJump bastion']);
  const sshConfig = join(folder, 'ssh-config');
  await writeFile(sshConfig, ['Host bastion', `  HostName ${plan.bastion.address}`, ...hosts, 'Host *', ...common, ''].join('\n'));
  return {
    folder, sshConfig, repository: packageRepositoryOf(plan, plan.target), version: plan.target, package: packageVersion(plan.target),
    controlPlanes: named('control-plane'), workers: named('worker'), remove: () => rm(folder, { recursive: true, force: true }),
  };
}
