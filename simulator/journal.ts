/** What really changed on a node, in the order in which it did. Reads leave no entry. */
export interface JournalEntry {
  readonly node: string;
  /** The node's own time, ms: the sum of what its effects took, so that one seed gives one journal whatever this machine does. */
  readonly atMs: number;
  /** Such as `package kubelet`, `kubeadm upgrade node`, `unit kubelet restarted`, `cordoned`. */
  readonly effect: string;
  /** Such as `1.33.13-1.1 → 1.34.4-1.1`; empty where the effect says it all. */
  readonly detail: string;
}

export interface Journal {
  /** Adds an entry, after `tookMs` more of the node's time. */
  record(node: string, effect: string, detail?: string, tookMs?: number): void;
  of(node: string): readonly JournalEntry[];
  all(): readonly JournalEntry[];
}

export function createJournal(): Journal {
  const entries: JournalEntry[] = [];
  const times = new Map<string, number>();
  return {
    record: (node, effect, detail = '', tookMs = 0) => {
      const atMs = (times.get(node) ?? 0) + Math.round(tookMs);
      times.set(node, atMs);
      entries.push({ node, atMs, effect, detail });
    },
    of: (node) => entries.filter((entry) => entry.node === node),
    all: () => entries,
  };
}
