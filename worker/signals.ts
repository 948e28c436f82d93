const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A terminal or a service manager signals every process, and our launcher passes its own signal on: one wish, heard twice. */
const SAME_WISH_MS = 1_000;

/** Calls `stop` at the first signal that asks to end; a later one ends the process at once. Returns what takes the handlers away. */
export function onStopSignal(stop: () => void): () => void {
  let askedMs: number | null = null;
  function handle(): void {
    if (askedMs === null) {
      askedMs = Date.now();
      stop();
      return;
    }
    if (Date.now() - askedMs > SAME_WISH_MS) process.exit(130);
  }
  for (const signal of STOP_SIGNALS) process.on(signal, handle);
  return () => { for (const signal of STOP_SIGNALS) process.off(signal, handle); };
}
