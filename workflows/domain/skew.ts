import { formatVersion, minorDistance, parseVersion } from './version.ts';
import type { Version } from './version.ts';

/** One program of the cluster that the version skew policy speaks of. */
export interface VersionedItem {
  /** What and where, as people read it: `kubelet of node w1`. */
  readonly item: string;
  readonly version: string;
}

/** A kubelet or kube-proxy. */
export interface NodeProgram extends VersionedItem {
  /** Version of the API server on the same node; absent or null where the node has none and any of them may answer. */
  readonly ownApiServer?: string | null;
}

export interface SkewInput {
  readonly apiServers: readonly VersionedItem[];
  readonly kubelets: readonly NodeProgram[];
  readonly kubeProxies: readonly NodeProgram[];
}

export interface SkewViolation {
  readonly item: string;
  readonly version: string;
  /** The rule that is broken, with the versions it compares. */
  readonly rule: string;
}

interface Parsed {
  readonly item: string;
  readonly version: Version;
}

interface ParsedProgram extends Parsed {
  readonly own: Version | null;
}

/** Kubelets may be three minors older than an API server from this minor on (KEP-3935); two before it. */
const FIRST_MINOR_WITH_WIDE_SKEW = 28;

/**
 * Violations of Kubernetes' version skew policy, none of them waivable: API servers lie within one minor; a kubelet
 * or kube-proxy is not newer than the oldest API server and not more than three minors (two before v1.28) older
 * than the newest. On a control-plane node the API server of that node counts in place of the oldest: kubeadm upgrades
 * such a node as a whole before it touches the next. The policy counts minors: a newer patch of the same minor is no
 * violation.
 */
export function skewViolations(input: SkewInput): SkewViolation[] {
  const unreadable: SkewViolation[] = [];
  const apiServers = parseItems(input.apiServers, unreadable);
  const nodePrograms = [...input.kubelets, ...input.kubeProxies].flatMap((program): ParsedProgram[] => {
    const own = program.ownApiServer ?? null;
    return parseItems([program], unreadable).map((parsed) => ({ ...parsed, own: own === null ? null : parseVersion(own) }));
  });
  const oldest = extreme(apiServers, -1);
  const newest = extreme(apiServers, 1);
  if (oldest === null || newest === null) return unreadable;
  return [
    ...unreadable,
    ...apiServerViolations(oldest, newest),
    ...nodePrograms.flatMap((program) => programViolations(program, oldest, newest)),
  ];
}

function apiServerViolations(oldest: Parsed, newest: Parsed): SkewViolation[] {
  const distance = minorDistance(oldest.version, newest.version);
  if (distance !== null && distance <= 1) return [];
  return [violation(newest, `API servers of one cluster lie within one minor; ${oldest.item} is at ${formatVersion(oldest.version)}`)];
}

function programViolations(program: ParsedProgram, oldest: Parsed, newest: Parsed): SkewViolation[] {
  const server = program.own === null ? oldest : { item: 'that of its node', version: program.own };
  const ahead = minorDistance(server.version, program.version);
  if (ahead === null || ahead > 0) {
    return [violation(program, `it may not be newer than its API server; ${server.item} is at ${formatVersion(server.version)}`)];
  }
  const allowed = newest.version.minor >= FIRST_MINOR_WITH_WIDE_SKEW ? 3 : 2;
  const behindNewest = minorDistance(program.version, newest.version);
  if (behindNewest !== null && behindNewest <= allowed) return [];
  return [violation(program, `it may be at most ${allowed} minors older than its API server; ${newest.item} is at ${formatVersion(newest.version)}`)];
}

function violation(program: Parsed, rule: string): SkewViolation {
  return { item: program.item, version: formatVersion(program.version), rule };
}

function parseItems(items: readonly VersionedItem[], unreadable: SkewViolation[]): Parsed[] {
  return items.flatMap(({ item, version: text }) => {
    const version = parseVersion(text);
    if (version !== null) return [{ item, version }];
    unreadable.push({ item, version: text, rule: 'its version must be readable, such as v1.34.4' });
    return [];
  });
}

function extreme(items: readonly Parsed[], direction: 1 | -1): Parsed | null {
  let found: Parsed | null = null;
  for (const item of items) {
    if (found === null || direction * minorRank(item.version) > direction * minorRank(found.version)) found = item;
  }
  return found;
}

function minorRank(version: Version): number {
  return version.major * 1_000_000 + version.minor;
}
