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
  /** Called at once with every later entry. Returns how to end it. */
  subscribe(listener: (entry: JournalEntry) => void): () => void;
}

export function createJournal(): Journal {
  const entries: JournalEntry[] = [];
  const times = new Map<string, number>();
  const listeners = new Set<(entry: JournalEntry) => void>();
  return {
    record: (node, effect, detail = '', tookMs = 0) => {
      const atMs = (times.get(node) ?? 0) + Math.round(tookMs);
      times.set(node, atMs);
      const entry = { node, atMs, effect, detail };
      entries.push(entry);
      for (const listener of listeners) listener(entry);
    },
    of: (node) => entries.filter((entry) => entry.node === node),
    all: () => entries,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
