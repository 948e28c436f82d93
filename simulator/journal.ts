/** What really changed on a node. Reads leave no entry. */
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
  /** Adds an entry of what the node's host does one after the other, after `tookMs` more of the node's time. */
  record(node: string, effect: string, detail?: string, tookMs?: number): void;
  /** Begins what goes on beside that. What comes back adds its entry, `tookMs` after the node's time of now. */
  recordBeside(node: string): (effect: string, tookMs: number) => void;
  /** Adds an entry of somebody who has waited for all that there is of the node. */
  recordAfterAll(node: string, effect: string): void;
  /** A node's entries in its own time, which need not be the order in which they came. */
  of(node: string): readonly JournalEntry[];
  all(): readonly JournalEntry[];
  /** Called at once with every later entry. Returns how to end it. */
  subscribe(listener: (entry: JournalEntry) => void): () => void;
}

export function createJournal(): Journal {
  const entries: JournalEntry[] = [];
  /** By node: of its host, and of whatever came last. */
  const hostTimes = new Map<string, number>();
  const lastTimes = new Map<string, number>();
  const listeners = new Set<(entry: JournalEntry) => void>();

  function add(entry: JournalEntry): void {
    lastTimes.set(entry.node, Math.max(lastTimes.get(entry.node) ?? 0, entry.atMs));
    entries.push(entry);
    for (const listener of listeners) listener(entry);
  }

  return {
    record: (node, effect, detail = '', tookMs = 0) => {
      const atMs = (hostTimes.get(node) ?? 0) + Math.round(tookMs);
      hostTimes.set(node, atMs);
      add({ node, atMs, effect, detail });
    },
    recordBeside: (node) => {
      const beganMs = hostTimes.get(node) ?? 0;
      return (effect, tookMs) => { add({ node, atMs: beganMs + Math.round(tookMs), effect, detail: '' }); };
    },
    recordAfterAll: (node, effect) => {
      const atMs = lastTimes.get(node) ?? 0;
      hostTimes.set(node, atMs);
      add({ node, atMs, effect, detail: '' });
    },
    of: (node) => entries.filter((entry) => entry.node === node).toSorted((one, other) => one.atMs - other.atMs),
    all: () => entries,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
