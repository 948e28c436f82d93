/** What the twin says to the process that starts its hosts' commands. */
export type SpawnerRequest =
  | { readonly type: 'start'; readonly id: number; readonly program: string; readonly args: readonly string[]; readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly kind: ProcessKind }
  | { readonly type: 'input'; readonly id: number; readonly data: Uint8Array | null }
  /** Nobody reads its output any more. */
  | { readonly type: 'leave'; readonly id: number }
  /** Ends its whole group. */
  | { readonly type: 'kill'; readonly id: number };

/** A command has pipes; a unit has none, and is over when none of its processes lives any more. */
export type ProcessKind = 'command' | 'unit';

/** What that process answers. */
export type SpawnerReply =
  | { readonly type: 'output'; readonly id: number; readonly stream: 'stdout' | 'stderr'; readonly data: Uint8Array }
  /** The first process has ended, 1 where it was killed; null where it could not be started. */
  | { readonly type: 'exit'; readonly id: number; readonly code: number | null }
  /** All of it has ended. */
  | { readonly type: 'close'; readonly id: number; readonly code: number | null; readonly signal: NodeJS.Signals | null };
