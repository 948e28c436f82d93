import type { Finding } from '../../workflows/domain/check.ts';
import type { EtcdObservation } from '../../workflows/domain/observation.ts';
import { compareVersions, parseVersion } from '../../workflows/domain/version.ts';
import { hostFinding } from './host-finding.ts';

const CHECK = 'etcd-upgrade-path';
/** etcd's announcement on "too many learner members": before it, a promotion was not written to the store that 3.6 reads. */
const LEARNERS_FIXED = { major: 3, minor: 5, patch: 20, prerelease: null, build: null };
/** etcd's announcement on zombie members: before it, members removed long ago may come back in 3.6. */
const ZOMBIES_FIXED = { major: 3, minor: 5, patch: 26, prerelease: null, build: null };
const FIRST_3_6 = { major: 3, minor: 6, patch: 0, prerelease: null, build: null };

/**
 * The way from etcd 3.5 to 3.6. kubeadm joins members as learners, so one that was promoted before 3.5.20 can keep 3.6 from starting:
 * that blocks. Zombie members need members removed in the past; kubeadm itself goes to 3.6 from 3.5.21 on, so that warns.
 */
export function etcdUpgradeFindings(observation: EtcdObservation, images: readonly string[]): readonly Finding[] {
  const tag = images.find((image) => /\/etcd:/.test(image))?.replace(/^.*:/, '').replace(/-\d+$/, '');
  const target = tag === undefined ? null : parseVersion(tag);
  if (target === null || compareVersions(target, FIRST_3_6) < 0) return [];
  const members = observation.members.map((member) => ({ ...member, parsed: parseVersion(member.version) }));
  const blocked = members.flatMap(({ name, node, version, parsed }) => {
    if (parsed === null) return [hostFinding(CHECK, 'block', node, `etcd member ${name} does not say its version.`, 'See the logs of its pod.')];
    if (compareVersions(parsed, LEARNERS_FIXED) >= 0) return [];
    return [hostFinding(CHECK, 'block', node, `etcd member ${name} is at ${version}: members promoted before 3.5.20 may be learners for etcd ${tag ?? ''}, which then does not start.`, 'Upgrade to the newest patch of the present Kubernetes minor first: it brings a newer etcd 3.5.')];
  });
  if (blocked.length > 0) return blocked;
  const warned = members.filter(({ parsed }) => parsed !== null && compareVersions(parsed, ZOMBIES_FIXED) < 0);
  if (warned.length === 0) return [hostFinding(CHECK, 'info', null, `Every etcd member is new enough for ${tag ?? ''}.`)];
  const names = warned.map(({ name, version }) => `${name} (${version})`).join(', ');
  return [hostFinding(
    CHECK, 'warn', null,
    `etcd advises 3.5.26 or newer before ${tag ?? ''}, because members removed in the past may come back: ${names}.`,
    'Where members were removed in the past, upgrade to a patch that brings etcd 3.5.26 first.',
  )];
}
