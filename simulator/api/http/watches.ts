import type { ApiObject, StoreEvent } from '../../model.ts';
import type { SimulatedCluster } from '../cluster-model.ts';
import { apiVersionOf } from '../resources.ts';
import type { Resource } from '../resources.ts';
import type { Outgoing } from './outgoing.ts';
import { isSelected } from './selectors.ts';
import type { Selection } from './selectors.ts';
import { gone, statusBody } from './status.ts';

/** Bookmarks come about once a minute, and shortly before a watch ends. */
const BOOKMARK_MS = 60_000;
const DEFAULT_SECONDS = 1_800;
const MAX_SECONDS = 3_600;

export interface Watches {
  open(resource: Resource, selection: Selection, query: URLSearchParams, response: Outgoing): void;
  /** From now on watches stay open but say nothing, as behind a balancer that has lost its peer; new ones speak. */
  silence(): void;
  /** Ends all of them. */
  endAll(): void;
  readonly count: number;
  stop(): void;
}

interface Watch {
  readonly resource: Resource;
  readonly selection: Selection;
  readonly response: Outgoing;
  readonly bookmarks: boolean;
  readonly timers: readonly NodeJS.Timeout[];
  silent: boolean;
}

/** Serves watches. Their times are those of this machine: a watch belongs to the transport, not to the twin's time. */
export function createWatches({ store }: Pick<SimulatedCluster, 'store'>): Watches {
  const watches = new Map<string, Set<Watch>>();

  function of(plural: string): Set<Watch> {
    let found = watches.get(plural);
    if (found === undefined) {
      found = new Set();
      watches.set(plural, found);
    }
    return found;
  }

  const unsubscribe = store.subscribe((event) => {
    const concerned = watches.get(event.resource);
    // A watch never sees that the store went back: it ends, and its client lists anew.
    if (concerned === undefined || concerned.size === 0 || event.restored === true) return;
    const lines = new Map<string, string>();
    for (const watch of concerned) {
      const type = typeFor(event, watch.selection);
      if (type === null || watch.silent) continue;
      let line = lines.get(type);
      if (line === undefined) {
        line = lineOf(type, event);
        lines.set(type, line);
      }
      watch.response.write(line);
    }
  });

  function bookmark(watch: Watch): void {
    if (!watch.bookmarks || watch.silent) return;
    watch.response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { kind: watch.resource.kind, apiVersion: apiVersionOf(watch.resource), metadata: { resourceVersion: String(store.version), creationTimestamp: null } } })}\n`);
  }

  function open(resource: Resource, selection: Selection, query: URLSearchParams, response: Outgoing): void {
    const from = query.get('resourceVersion') ?? '';
    const missed = from === '' || from === '0' ? present(resource, selection) : store.since(resource.plural, Number(from));
    response.head(200, { 'Content-Type': 'application/json' });
    response.flush();
    if (missed === null) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: statusBody(gone(Number(from), store.version).refusal) })}\n`);
      return;
    }
    for (const event of missed) {
      const type = typeFor(event, selection);
      if (type !== null) response.write(lineOf(type, event));
    }
    const seconds = Math.min(MAX_SECONDS, Number(query.get('timeoutSeconds') ?? DEFAULT_SECONDS) || DEFAULT_SECONDS);
    const watch: Watch = {
      resource, selection, response, bookmarks: query.get('allowWatchBookmarks') === 'true', silent: false,
      timers: [
        setInterval(() => bookmark(watch), BOOKMARK_MS),
        // A silent watch is one that nobody ends either.
        setTimeout(() => {
          if (watch.silent) return;
          bookmark(watch);
          end(watch);
        }, seconds * 1000),
      ],
    };
    of(resource.plural).add(watch);
    response.onClose(() => forget(watch));
  }

  function forget(watch: Watch): void {
    for (const timer of watch.timers) clearTimeout(timer);
    of(watch.resource.plural).delete(watch);
  }

  function end(watch: Watch): void {
    forget(watch);
    watch.response.end();
  }

  const endAtRestore = store.onRestore(() => { each(end); });

  function present(resource: Resource, selection: Selection): readonly StoreEvent[] {
    const objects = store.list(resource.plural).filter((object) => isSelected(object, selection));
    return objects.map((object) => ({ type: 'ADDED', resource: resource.plural, object, version: store.version }));
  }

  function each(action: (watch: Watch) => void): void {
    // A set may lose members while it is gone through.
    for (const set of watches.values()) for (const watch of set) action(watch);
  }

  return {
    open,
    silence: () => {
      each((watch) => {
        watch.silent = true;
      });
    },
    endAll: () => {
      each(end);
    },
    get count() {
      let total = 0;
      for (const set of watches.values()) total += set.size;
      return total;
    },
    stop: () => {
      unsubscribe();
      endAtRestore();
      each((watch) => {
        forget(watch);
        watch.response.abort();
      });
    },
  };
}

/** What an event is to a watch: an object that leaves its selection is deleted for it. Null where it is none of its business. */
function typeFor({ type, object, previous }: StoreEvent, selection: Selection): StoreEvent['type'] | null {
  const is = type !== 'DELETED' && isSelected(object, selection);
  const was = previous !== undefined && isSelected(previous, selection);
  if (is && was) return 'MODIFIED';
  if (is) return 'ADDED';
  return was ? 'DELETED' : null;
}

/** What leaves a selection is told as it was in it, with the version at which it left. */
function lineOf(type: StoreEvent['type'], { type: real, object, previous }: StoreEvent): string {
  const told: ApiObject = type === 'DELETED' && real !== 'DELETED' && previous !== undefined ? { ...previous, metadata: { ...previous.metadata, resourceVersion: object.metadata.resourceVersion ?? '' } } : object;
  return `${JSON.stringify({ type, object: told })}\n`;
}
