import type { KubeadmSpec } from '../../workflows/domain/spec.ts';
import { parseVersion } from '../../workflows/domain/version.ts';

/** Files on the node that kubeadm is given. */
export interface KubeadmFiles {
  /** What `--config` names; null where the spec gives none. */
  readonly config: string | null;
  /** Folder of patches; null where the spec gives none. */
  readonly patches: string | null;
}

/** Arguments of `kubeadm upgrade apply`. kubeadm takes no other flag beside `--config`: the file carries them then. */
export function kubeadmApplyArguments(version: string, kubeadm: KubeadmSpec, files: KubeadmFiles, force: boolean): readonly string[] {
  const flags = files.config === null
    ? [renewal(kubeadm), ...(force ? ['--force'] : []), ...prereleaseFlags(version), ...patchesFlag(files)]
    : ['--config', files.config];
  return ['upgrade', 'apply', version, '--yes', ...ignored(kubeadm), ...flags];
}

/** Arguments of `kubeadm upgrade node`, which finds the version in the cluster. */
export function kubeadmNodeArguments(kubeadm: KubeadmSpec, files: KubeadmFiles): readonly string[] {
  return ['upgrade', 'node', ...ignored(kubeadm), ...(files.config === null ? [renewal(kubeadm), ...patchesFlag(files)] : ['--config', files.config])];
}

/** Arguments of `kubeadm upgrade plan` after the version. */
export function kubeadmPlanArguments(version: string, kubeadm: KubeadmSpec): readonly string[] {
  return [...ignored(kubeadm), ...prereleaseFlags(version)];
}

/** kubeadm calls a release candidate by another name than the versions before it. */
export function prereleaseKind(version: string): 'release-candidate' | 'experimental' | null {
  const prerelease = parseVersion(version)?.prerelease ?? null;
  if (prerelease === null) return null;
  return prerelease.startsWith('rc') ? 'release-candidate' : 'experimental';
}

function prereleaseFlags(version: string): readonly string[] {
  const kind = prereleaseKind(version);
  return kind === null ? [] : [`--allow-${kind}-upgrades`];
}

function patchesFlag({ patches }: KubeadmFiles): readonly string[] {
  return patches === null ? [] : ['--patches', patches];
}

function renewal(kubeadm: KubeadmSpec): string {
  return `--certificate-renewal=${kubeadm.certificateRenewal}`;
}

function ignored(kubeadm: KubeadmSpec): readonly string[] {
  return kubeadm.ignorePreflightErrors.length === 0 ? [] : [`--ignore-preflight-errors=${kubeadm.ignorePreflightErrors.join(',')}`];
}
