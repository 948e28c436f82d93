const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls `stop` at the first signal that asks to end; the second ends the process at once. Returns what takes the handlers away. */
export function onStopSignal(stop: () => void): () => void {
  let asked = false;
  function handle(): void {
    if (asked) process.exit(130);
    asked = true;
    stop();
  }
  for (const signal of STOP_SIGNALS) process.on(signal, handle);
  return () => { for (const signal of STOP_SIGNALS) process.off(signal, handle); };
}
