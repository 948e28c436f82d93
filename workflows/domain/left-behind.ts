/** What upgrades have left in a cluster: a cordon, a taint or the lock that carries our name. */
export interface LeftBehind {
  /** In the order of their names; only nodes that carry something of ours. */
  readonly nodes: readonly LeftOnNode[];
  /** The cluster's lock; null where nobody holds it. */
  readonly lock: LeftLock | null;
  /** Identity of the Temporal of who looked; null where it is not known. */
  readonly temporal: string | null;
}

export interface LeftOnNode {
  readonly name: string;
  /** Value of our mark, `WORKFLOW#UPGRADE` or `WORKFLOW#UPGRADE/POOL`; null where there is none. */
  readonly mark: string | null;
  /** Identity of the Temporal whose upgrade left the mark; null where it does not say. */
  readonly temporal: string | null;
  /** False where a person made a node with our mark schedulable. */
  readonly cordoned: boolean;
  /** It carries our soft taint. */
  readonly tainted: boolean;
  readonly ready: boolean;
  /** Of its kubelet, `v1.34.4`. */
  readonly version: string;
}

export interface LeftLock {
  /** Tells this Lease from a later one of the same name. */
  readonly uid: string;
  /** Id of the workflow that took it; null where the Lease does not say. */
  readonly workflow: string | null;
  /** Identity of the Temporal that runs it; null where the Lease does not say. */
  readonly temporal: string | null;
  readonly startedBy: string | null;
  /** ISO; null where the Lease does not say. */
  readonly since: string | null;
}

/** Workflows that may still own something of it: the upgrades themselves, and those of their nodes, which outlive them. */
export function possibleOwners({ nodes, lock }: LeftBehind): readonly string[] {
  const owners = new Set<string>();
  if (lock?.workflow) owners.add(lock.workflow);
  for (const { name, mark } of nodes) {
    const workflow = mark === null ? null : workflowOf(mark);
    if (workflow === null) continue;
    owners.add(workflow);
    owners.add(`${workflow}/${name}`);
  }
  return [...owners];
}

/**
 * Temporals other than that of who looked, whose upgrades have left something, or may still run: nobody here can ask them.
 * One that does not say which it was of counts as another.
 */
export function foreignTemporals({ nodes, lock, temporal }: LeftBehind): readonly string[] {
  const marked = nodes.filter(({ mark }) => mark !== null);
  const found = [...(lock === null ? [] : [lock]), ...marked].map((left) => left.temporal);
  return [...new Set(found.filter((each) => each !== temporal).map((each) => each ?? 'one that is not named'))];
}

export function isNothing({ nodes, lock }: LeftBehind): boolean {
  return nodes.length === 0 && lock === null;
}

function workflowOf(mark: string): string | null {
  const end = mark.indexOf('#');
  return end <= 0 ? null : mark.slice(0, end);
}
