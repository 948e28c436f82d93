import type { KubeadmSpec } from '../../workflows/domain/spec.ts';
import { parseVersion } from '../../workflows/domain/version.ts';

/** Arguments of `kubeadm upgrade apply`. kubeadm takes no other flag beside `--config`: the file carries them then. */
export function kubeadmApplyArguments(version: string, kubeadm: KubeadmSpec, config: string | null, force: boolean): readonly string[] {
  const flags = config === null
    ? [renewal(kubeadm), ...(force ? ['--force'] : []), ...prereleaseFlags(version)]
    : ['--config', config];
  return ['upgrade', 'apply', version, '--yes', ...ignored(kubeadm), ...flags];
}

/** Arguments of `kubeadm upgrade node`, which finds the version in the cluster. */
export function kubeadmNodeArguments(kubeadm: KubeadmSpec, config: string | null): readonly string[] {
  return ['upgrade', 'node', ...ignored(kubeadm), ...(config === null ? [renewal(kubeadm)] : ['--config', config])];
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

function renewal(kubeadm: KubeadmSpec): string {
  return `--certificate-renewal=${kubeadm.certificateRenewal}`;
}

function ignored(kubeadm: KubeadmSpec): readonly string[] {
  return kubeadm.ignorePreflightErrors.length === 0 ? [] : [`--ignore-preflight-errors=${kubeadm.ignorePreflightErrors.join(',')}`];
}
