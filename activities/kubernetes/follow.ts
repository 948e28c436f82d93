import { setTimeout as sleep } from 'node:timers/promises';
import { failureTypeOf } from '../step-error.ts';
import type { ApiObject } from './objects.ts';
import type { Followed } from './port.ts';
import { lasting, mayBeStarting } from './refusals.ts';
import { parseBody } from './transport.ts';
import type { Transport } from './transport.ts';

/** The server ends a watch after this; a watch that lives longer only hides a dead peer. */
const WATCH_SECONDS = 240;
/** Bookmarks come about every minute: a watch that is silent for longer is dead. */
const SILENCE_MS = 90_000;
/** A list behind a watch that has been silent for this long, in case it stalls in a way that nothing else notices: at most 10 s are lost. */
const POLL_MS = 8_000;
const RETRY_MS = 500;
/** An API server that forbids for longer than this does not do so because it starts. */
const STARTING_MS = 60_000;

export interface Listed<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export interface FollowOptions<T> {
  /** Path of the collection with its selectors, such as `/api/v1/pods?fieldSelector=…`. */
  readonly path: string;
  readonly list: (signal: AbortSignal) => Promise<Listed<T>>;
  readonly transport: Transport;
  readonly pollMs?: number;
}

interface Event {
  readonly type: string;
  readonly object: { readonly metadata?: ApiObject['metadata']; readonly code?: number };
}

/** A live copy of one collection. See `Followed` for what it promises. */
export function followCollection<T extends ApiObject>(options: FollowOptions<T>): Followed<T> {
  const { transport } = options;
  const ended = new AbortController();
  let objects: Map<string, T> | null = null;
  let outage: string | null = null;
  let refusal: Error | null = null;
  let startingSinceMs: number | null = null;
  /** When a list or the watch last said anything. */
  let heardMs = performance.now();
  const listeners = new Set<() => void>();

  function notify(): void {
    for (const listener of listeners) listener();
  }

  function onChange(listener: () => void): () => void {
    // Its own function, so that the same listener may be added twice.
    const mine = (): void => { listener(); };
    listeners.add(mine);
    return () => { listeners.delete(mine); };
  }

  function setOutage(next: string | null): void {
    if (next === outage) return;
    outage = next;
    notify();
  }

  /** Null where the API did not answer. */
  async function relist(): Promise<string | null> {
    try {
      const listed = await options.list(ended.signal);
      const changed = objects === null || !sameVersions(objects, listed.items);
      objects = new Map(listed.items.map((item) => [item.metadata.uid, item]));
      outage = null;
      startingSinceMs = null;
      if (changed) notify();
      return listed.resourceVersion;
    } catch (error) {
      if (ended.signal.aborted) return null;
      // Once a list came through, a refusal is an API server that is still starting: it passes.
      const type = failureTypeOf(error);
      startingSinceMs = mayBeStarting(error) ? startingSinceMs ?? performance.now() : null;
      const passes = startingSinceMs !== null && performance.now() - startingSinceMs < STARTING_MS;
      if (objects === null && !passes && (type === 'ApiForbidden' || type === 'CredentialsUnusable') && error instanceof Error) {
        const final = lasting(error);
        refusal = final instanceof Error ? final : error;
        notify();
      }
      setOutage(error instanceof Error ? error.message : String(error));
      return null;
    } finally {
      heardMs = performance.now();
    }
  }

  /** Applies one event; the version to resume from, or null where the collection must be listed anew. */
  function apply(event: Event): string | null {
    const meta = event.object.metadata;
    if (event.type === 'ERROR' || meta === undefined) return null;
    if (event.type !== 'BOOKMARK' && objects !== null) {
      if (event.type === 'DELETED') objects.delete(meta.uid);
      else objects.set(meta.uid, event.object as T);
      notify();
    }
    return meta.resourceVersion;
  }

  /** Watches from a version until the watch ends; where to go on from, null where a list is needed. */
  async function watch(from: string): Promise<string | null> {
    let version = from;
    const silent = new AbortController();
    let timer = setTimeout(() => silent.abort(), SILENCE_MS);
    const signal = AbortSignal.any([ended.signal, silent.signal]);
    const path = `${options.path}${options.path.includes('?') ? '&' : '?'}watch=true&allowWatchBookmarks=true&timeoutSeconds=${WATCH_SECONDS}&resourceVersion=${version}`;
    try {
      const lines = transport.lines(path, signal, () => setOutage(null));
      for (;;) {
        const next = await lines.next();
        if (next.done === true) return next.value.status === 200 ? version : null;
        heardMs = performance.now();
        clearTimeout(timer);
        timer = setTimeout(() => silent.abort(), SILENCE_MS);
        const event = parseBody<Event>(next.value);
        const reached = apply(event);
        if (reached === null) return null;
        version = reached;
      }
    } catch {
      return ended.signal.aborted ? null : version;
    } finally {
      clearTimeout(timer);
    }
  }

  async function pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: ended.signal, ref: false }).catch(() => undefined);
  }

  async function run(): Promise<void> {
    let version: string | null = null;
    while (!ended.signal.aborted && refusal === null) {
      const startedMs = performance.now();
      version ??= await relist();
      if (version !== null) version = await watch(version);
      // A server that ends watches at once must not be asked in a tight loop.
      if (performance.now() - startedMs < RETRY_MS) await pause(RETRY_MS);
    }
  }

  async function poll(): Promise<void> {
    const pollMs = options.pollMs ?? POLL_MS;
    while (!ended.signal.aborted && refusal === null) {
      const silentMs = performance.now() - heardMs;
      if (silentMs >= pollMs) await relist();
      else await pause(pollMs - silentMs);
    }
  }

  void run();
  void poll();
  return {
    get items() {
      return objects === null ? null : [...objects.values()];
    },
    get outage() {
      return outage;
    },
    get refusal() {
      return refusal;
    },
    onChange,
    changed: () => nextChange(onChange),
    close: () => {
      ended.abort();
      notify();
    },
  };
}

/** The next change as a promise. */
export function nextChange(onChange: (listener: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    const forget = onChange(() => {
      forget();
      resolve();
    });
  });
}

function sameVersions(objects: ReadonlyMap<string, ApiObject>, items: readonly ApiObject[]): boolean {
  return items.length === objects.size && items.every((item) => objects.get(item.metadata.uid)?.metadata.resourceVersion === item.metadata.resourceVersion);
}
