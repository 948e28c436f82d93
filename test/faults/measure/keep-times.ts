import type { Twin } from '../../../simulator/twin.ts';

/** What was measured in one upgrade, or in many; seconds. */
export interface Times {
  /** From the return of a host whose connection to a running step broke, until the step's state was known to the engine again. */
  readonly resolved: readonly number[];
  /** Broken connections whose step the engine never asked for again. */
  readonly unresolved: number;
  /** From the start of the process that follows a killed worker, until its first request to a host or the API. */
  readonly resumed: readonly number[];
  /** And until its first effect: a request that changes something, or a step asked of a host. */
  readonly effects: readonly number[];
}

/** Measures how soon the engine is itself again. All times are real ones. */
export interface TimeKeeper {
  /** Connections to the host broke while its step ran, or before its result was known. */
  cut(node: string, step: string): void;
  /** The host can be reached again. */
  returned(node: string): void;
  /** The process that follows a killed worker was started. */
  workerStarted(): void;
  /** A person paused or decided: when the next effect comes is no longer the engine's own. */
  personSpoke(): void;
  /** Since the last change of the cluster or its hosts, real time. */
  quietMs(): number;
  /** Ends it. */
  times(): Times;
}

export function keepTimes(twin: Twin, now: () => number = () => performance.now()): TimeKeeper {
  /** Steps by `node/step`, with the time of the host's return; null while it is away. */
  const open = new Map<string, number | null>();
  const resolved: number[] = [];
  const resumed: number[] = [];
  const effects: number[] = [];
  let startedMs: number | null = null;
  let effectFromMs: number | null = null;
  let lastMs = now();
  const secondsSince = (fromMs: number): number => (now() - fromMs) / 1000;

  function request(): void {
    if (startedMs !== null) resumed.push(secondsSince(startedMs));
    startedMs = null;
  }
  function effect(): void {
    lastMs = now();
    request();
    if (effectFromMs !== null) effects.push(secondsSince(effectFromMs));
    effectFromMs = null;
  }
  function returned(node: string): void {
    for (const [key, sinceMs] of open) if (sinceMs === null && key.startsWith(`${node}/`)) open.set(key, now());
  }

  const stops = [
    twin.hosts.onStep(({ moment, node, step }) => {
      if (moment !== 'asked') return;
      effect();
      const sinceMs = open.get(`${node}/${step}`) ?? null;
      if (sinceMs === null) return;
      resolved.push(secondsSince(sinceMs));
      open.delete(`${node}/${step}`);
    }),
    twin.hosts.onProbe(request),
    twin.api.intercept(({ method }) => {
      if (method === 'GET') request();
      else effect();
      return null;
    }),
    twin.journal.subscribe((entry) => {
      lastMs = now();
      if (entry.effect === 'host came up') returned(entry.node);
    }),
  ];
  return {
    cut: (node, step) => {
      const key = `${node}/${step}`;
      open.delete(key);
      // The request in which it happened is no answer to it.
      queueMicrotask(() => { if (!open.has(key)) open.set(key, null); });
    },
    returned: (node) => { queueMicrotask(() => { returned(node); }); },
    workerStarted: () => {
      startedMs = now();
      effectFromMs = now();
    },
    personSpoke: () => { effectFromMs = null; },
    quietMs: () => now() - lastMs,
    times: () => {
      for (const stop of stops) stop();
      return { resolved, unresolved: open.size, resumed, effects };
    },
  };
}
