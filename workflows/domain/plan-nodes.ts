import type { Failure } from './failure.ts';
import type { NodeObservation } from './observation.ts';
import { compareNames, listed } from './order.ts';
import type { LeftOutNode, UpgradePlan } from './plan.ts';
import { selectorFits } from './pools.ts';
import { skewViolations } from './skew.ts';
import type { Exclusion, UpgradeSpec } from './spec.ts';
import { parseVersion } from './version.ts';

export interface PlannedNodes {
  /** Nodes that the plan names: those that this driver upgrades. */
  readonly nodes: readonly NodeObservation[];
  /** Workers that were not Ready before the start: left out, and yet down, at a version that the skew policy counts. */
  readonly unready: readonly NodeObservation[];
  /** By name. */
  readonly leftOut: readonly LeftOutNode[];
  readonly failures: readonly Failure[];
}

/**
 * Which nodes are planned. Left out are those that another tool upgrades, those that the spec excludes, and workers that were not Ready
 * before the start; a node that runs the control plane never is.
 */
export function planNodes(spec: Pick<UpgradeSpec, 'exclude'>, observed: readonly NodeObservation[]): PlannedNodes {
  const nodes: NodeObservation[] = [];
  const unready: NodeObservation[] = [];
  const leftOut: LeftOutNode[] = [];
  for (const node of observed.toSorted((left, right) => compareNames(left.name, right.name))) {
    const why = whyLeftOut(spec.exclude, node);
    if (why === null) nodes.push(node);
    else leftOut.push(why);
    if (why?.kind === 'unready') unready.push(node);
  }
  return { nodes, unready, leftOut, failures: exclusionFailures(spec.exclude, observed) };
}

/** Why a plan leaves a node out; null where it does not. */
export function leftOutOf({ leftOut = [] }: Pick<UpgradePlan, 'leftOut'>, name: string): LeftOutNode | null {
  return leftOut.find((node) => node.name === name) ?? null;
}

/** With the pool of each that narrows one. */
export function withPools(leftOut: readonly LeftOutNode[], pools: readonly { readonly name: string; readonly unready: readonly string[] }[]): readonly LeftOutNode[] {
  return leftOut.map((node) => {
    const pool = pools.find(({ unready }) => unready.includes(node.name));
    return pool === undefined ? node : { ...node, pool: pool.name };
  });
}

/** What the operator should know of the nodes that are left as they are. */
export function leftOutNotes(leftOut: readonly LeftOutNode[]): readonly string[] {
  const named = (kind: LeftOutNode['kind']): readonly LeftOutNode[] => leftOut.filter((node) => node.kind === kind);
  const [foreign, excluded, unready] = [named('foreign'), named('excluded'), named('unready')];
  return [
    ...(foreign.length === 0 ? [] : [`Left out, because another tool upgrades ${foreign.length === 1 ? 'it' : 'them'}: ${withReasons(foreign)}.`]),
    ...(excluded.length === 0 ? [] : [`Left out by spec.exclude: ${listed(excluded.map(({ name }) => name))}.`]),
    ...(unready.length === 0 ? [] : [`Left out, because ${unready.length === 1 ? 'it was' : 'they were'} not Ready before the start: ${listed(unready.map(({ name }) => name))}. Each counts as one of its pool's maxUnavailable; upgrade ${unready.length === 1 ? 'it' : 'them'} by another \`capstan start\` once Ready.`]),
  ];
}

/** A node that is left out by hand still has a kubelet, which the policy speaks of. */
export function staleNotes(leftOut: readonly LeftOutNode[], observed: readonly NodeObservation[], to: string): readonly string[] {
  const excluded = new Set(leftOut.filter(({ kind }) => kind === 'excluded').map(({ name }) => name));
  const kubelets = observed.filter(({ name, kubeletVersion }) => excluded.has(name) && parseVersion(kubeletVersion) !== null).map(({ name, kubeletVersion }) => ({ item: name, version: kubeletVersion }));
  const violations = skewViolations({ apiServers: [{ item: 'the upgraded control plane', version: to }], kubelets, kubeProxies: [] });
  if (violations.length === 0) return [];
  return [`Left out by spec.exclude, and then no longer within the version skew policy beside ${to}: ${listed(violations.map(({ item, version }) => `${item} (${version})`))}.`];
}

function withReasons(nodes: readonly LeftOutNode[]): string {
  return listed(nodes.map(({ name, reason }) => `${name} (${reason})`));
}

function whyLeftOut(exclude: readonly Exclusion[], node: NodeObservation): LeftOutNode | null {
  const { name, foreign, ready, cordonMark, kubeletVersion } = node;
  if (isNeverLeftOut(node)) return null;
  const index = exclude.findIndex((exclusion) => fits(exclusion, node));
  if (index !== -1) return { name, kind: 'excluded', reason: `spec.exclude[${index}]` };
  // A member of etcd is refused by the planner where nobody excludes it.
  if (node.staticPods.includes('etcd')) return null;
  if (foreign !== null) return { name, kind: 'foreign', reason: foreign };
  // One that an upgrade has down is not Ready for a while, and is still its.
  return ready || cordonMark !== undefined ? null : { name, kind: 'unready', reason: `not Ready before the start, at ${kubeletVersion}` };
}

/** A node that only carries the label counts too: it is refused for that, and not forgotten. One of another tool is not ours by a label. */
function isNeverLeftOut({ staticPods, roles, foreign }: NodeObservation): boolean {
  return staticPods.includes('kube-apiserver') || (roles.includes('control-plane') && foreign === null);
}

function fits(exclusion: Exclusion, node: NodeObservation): boolean {
  return 'name' in exclusion ? exclusion.name === node.name : selectorFits(exclusion.selector, node.labels);
}

function exclusionFailures(exclude: readonly Exclusion[], observed: readonly NodeObservation[]): Failure[] {
  return [...exclude.entries()].flatMap(([index, exclusion]) => {
    const path = `spec.exclude[${index}]`;
    const found = observed.filter((node) => fits(exclusion, node));
    if (found.length === 0) return [excludesNobody(path, exclusion, observed)];
    const kept = found.filter(isNeverLeftOut).map(({ name }) => name);
    if (kept.length === 0) return [];
    return [{
      type: 'SpecInvalid', path,
      message: `${path}: ${listed(kept)} ${kept.length === 1 ? 'is a control-plane node' : 'are control-plane nodes'}, and the control plane is upgraded as a whole`,
      next: 'name' in exclusion ? 'Take the name out.' : 'Narrow the selector to workers.',
    }];
  });
}

function excludesNobody(path: string, exclusion: Exclusion, observed: readonly NodeObservation[]): Failure {
  if ('selector' in exclusion) {
    return { type: 'SpecInvalid', path, message: `${path}: the selector fits no node of the cluster`, next: 'Compare it with kubectl get nodes --show-labels, or take it out.' };
  }
  return {
    type: 'SpecInvalid', path, message: `${path}: the cluster has no node ${exclusion.name}; its nodes are ${listed(observed.map(({ name }) => name))}`,
    next: 'Write the name as kubectl get nodes prints it, or take it out.',
  };
}
