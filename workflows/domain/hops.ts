import type { Hop } from './plan.ts';
import { compareVersions, formatVersion, minorDistance, minorOf } from './version.ts';
import type { Version } from './version.ts';

export type HopsResult =
  | { readonly ok: true; readonly hops: readonly Hop[] }
  | { readonly ok: false; readonly message: string; readonly next: string };

/**
 * Hops from the oldest API server's version to the target: none where they are the same, one for a patch or for the
 * next minor. A downgrade is refused always (contract 6); a target further than the next minor is refused because
 * kubeadm upgrades one minor at a time and several hops are not planned in one upgrade.
 */
export function planHops(from: Version, to: Version): HopsResult {
  const fromText = formatVersion(from);
  const toText = formatVersion(to);
  const order = compareVersions(from, to);
  if (order === 0) return { ok: true, hops: [] };
  if (order > 0) {
    return {
      ok: false,
      message: `the cluster runs ${fromText}, which is newer than the target ${toText}: this would be a downgrade, and a control plane cannot go back in place`,
      next: `Write a target of ${fromText} or newer.`,
    };
  }
  const distance = minorDistance(from, to);
  if (distance !== null && distance <= 1) return { ok: true, hops: [{ from: fromText, to: toText }] };
  const nextMinor = `${from.major}.${from.minor + 1}`;
  return {
    ok: false,
    message: `from ${fromText} to ${toText} skips ${skippedMinors(from, to)}; Kubernetes is upgraded one minor at a time`,
    next: `Write a target of v${nextMinor}.x, upgrade to it, then go on from there.`,
  };
}

function skippedMinors(from: Version, to: Version): string {
  if (from.major !== to.major) return `every minor between ${minorOf(from)} and ${minorOf(to)}`;
  const first = `${from.major}.${from.minor + 1}`;
  const last = `${to.major}.${to.minor - 1}`;
  return first === last ? `the minor ${first}` : `the minors ${first} to ${last}`;
}
