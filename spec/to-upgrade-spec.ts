import { parseDuration } from '../workflows/domain/durations.ts';
import type { AccessSpec, DrainSpec, PoolSpec, Reference, UpgradeSpec } from '../workflows/domain/spec.ts';
import { formatVersion, parseVersion } from '../workflows/domain/version.ts';
import { resolvePath } from './resolve-path.ts';
import { isEmptySelector } from './rules.ts';
import type { WrittenSpec } from './schema.ts';

type Written = WrittenSpec['spec'];

/** The spec as the program uses it: durations in seconds, files absolute, the version with its `v`. */
export function toUpgradeSpec({ metadata, spec }: WrittenSpec, folder: string): UpgradeSpec {
  const version = parseVersion(spec.target.version);
  return {
    name: metadata.name,
    driver: spec.driver,
    target: { version: version === null ? spec.target.version : formatVersion(version) },
    access: toAccess(spec.access, folder),
    nodes: spec.nodes,
    exclude: spec.exclude.map((exclusion) => (typeof exclusion === 'string' ? { name: exclusion } : { selector: exclusion })),
    etcd: spec.etcd,
    staging: spec.staging,
    controlPlane: { drain: toDrain(spec.controlPlane.drain) },
    pools: spec.pools.map(toPool),
    packages: spec.packages,
    kubeadm: { ...spec.kubeadm, componentConfigs: toFile(spec.kubeadm.componentConfigs, folder), patches: toFile(spec.kubeadm.patches, folder) },
    addons: spec.addons.map((addon) => ({ ...addon, manifest: { file: resolvePath(folder, addon.manifest.file) } })),
    strategy: spec.strategy,
  };
}

function toAccess({ transport, kubeconfig, ssh }: Written['access'], folder: string): AccessSpec {
  return {
    transport,
    kubeconfig: toReference(kubeconfig, folder),
    ssh: { ...ssh, privateKey: toReference(ssh.privateKey, folder), knownHosts: toReference(ssh.knownHosts, folder) },
  };
}

function toPool({ name, selector, maxUnavailable, maxUnavailablePerZone, drain }: Written['pools'][number]): PoolSpec {
  return { name, selector: isEmptySelector(selector) ? null : selector, maxUnavailable, maxUnavailablePerZone, drain: toDrain(drain) };
}

function toDrain({ timeout, gracePeriod, ...rest }: Written['pools'][number]['drain']): DrainSpec {
  return { ...rest, timeoutSeconds: parseDuration(timeout) ?? 0, gracePeriodSeconds: gracePeriod };
}

/** The schema lets exactly one of both through. */
function toReference({ file, env }: Written['access']['kubeconfig'], folder: string): Reference {
  return file === undefined ? { env: env ?? '' } : { file: resolvePath(folder, file) };
}

function toFile(reference: { readonly file: string } | null, folder: string): { readonly file: string } | null {
  return reference === null ? null : { file: resolvePath(folder, reference.file) };
}
