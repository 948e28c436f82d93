/** How every command ends. Published: scripts rely on them. */
export const EXIT = {
  ok: 0,
  error: 1,
  /** The plan has changes, or preflight has warnings. */
  attention: 2,
  /** Preflight blocks. */
  blocked: 3,
  /** Held or paused: needs a person. */
  held: 4,
  /** Workers, or the whole cluster, were taken back to what ran before. */
  rolledBack: 5,
  /** Failed, manual work needed; also where a person cancelled it half-way. */
  failed: 6,
  usage: 64,
  /** Temporal, or a worker, does not answer. */
  unreachable: 75,
  /** Ctrl-C. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
