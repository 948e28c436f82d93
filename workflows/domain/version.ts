/** A Kubernetes version taken apart: `v1.34.4`, `v1.35.0-rc.1`, `v1.34.4+k3s1`. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** What follows `-`, such as `rc.1`; null for a release. */
  readonly prerelease: string | null;
  /** What follows `+`, such as `k3s1`; null for upstream Kubernetes. */
  readonly build: string | null;
}

const VERSION = /^v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:-([0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*))?(?:\+([0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*))?$/;

/** Reads a version with or without the leading `v`; null where the text is none. */
export function parseVersion(text: string): Version | null {
  const match = VERSION.exec(text);
  if (match === null) return null;
  const [, major = '', minor = '', patch = '', prerelease, build] = match;
  return {
    major: Number(major), minor: Number(minor), patch: Number(patch),
    prerelease: prerelease ?? null, build: build ?? null,
  };
}

/** Kubernetes' own form, with `v`. */
export function formatVersion(version: Version): string {
  const prerelease = version.prerelease === null ? '' : `-${version.prerelease}`;
  const build = version.build === null ? '' : `+${version.build}`;
  return `v${version.major}.${version.minor}.${version.patch}${prerelease}${build}`;
}

/**
 * Negative where `left` is older, 0 where both are the same, positive where `left` is newer.
 * A pre-release is older than its release. A build is ordered too, its numbers by value,
 * because `+k3s2` follows `+k3s1`; no build is older than any.
 */
export function compareVersions(left: Version, right: Version): number {
  return left.major - right.major
    || left.minor - right.minor
    || left.patch - right.patch
    || comparePrereleases(left.prerelease, right.prerelease)
    || compareBuilds(left.build, right.build);
}

/** `1.34` of v1.34.4. */
export function minorOf(version: Version): string {
  return `${version.major}.${version.minor}`;
}

/** How many minors `to` is ahead of `from`, negative where it is behind; null across majors, where no distance is defined. */
export function minorDistance(from: Version, to: Version): number | null {
  return from.major === to.major ? to.minor - from.minor : null;
}

/** By the rules of semantic versioning: numbers before words, numbers by value, the longer list later. */
function comparePrereleases(left: string | null, right: string | null): number {
  if (left === right) return 0;
  if (left === null) return 1;
  if (right === null) return -1;
  return compareLists(left.split('.'), right.split('.'));
}

function compareBuilds(left: string | null, right: string | null): number {
  if (left === right) return 0;
  if (left === null) return -1;
  if (right === null) return 1;
  return compareLists(left.match(/\d+|\D+/g) ?? [], right.match(/\d+|\D+/g) ?? []);
}

function compareLists(left: readonly string[], right: readonly string[]): number {
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareParts(part, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareParts(left: string, right: string): number {
  const leftIsNumber = /^\d+$/.test(left);
  if (leftIsNumber !== /^\d+$/.test(right)) return leftIsNumber ? -1 : 1;
  if (leftIsNumber && Number(left) !== Number(right)) return Number(left) - Number(right);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
