import { log } from '@temporalio/workflow';
import { inspect } from './activity-options.ts';
import type { ClusterRunner } from './cluster-run.ts';
import { drainPolicy } from './domain/drain-policy.ts';
import { NO_DRAIN_FACTS, windowNode } from './domain/drain-facts.ts';
import type { DrainFacts } from './domain/drain-facts.ts';
import type { WindowNode } from './domain/next-node.ts';
import type { PlannedNode } from './domain/plan.ts';

/** Facts about drains age: pods move while nodes are upgraded. Reading them lists all pods, so a large cluster is read less often. */
const FRESH_MS = 60_000;
const NODES_PER_FRESH = 500;

/** What drains of a pool's nodes would meet, as of a while ago. */
export interface DrainWatch {
  readonly allowed: () => readonly number[];
  readonly windowNode: (node: PlannedNode) => WindowNode;
  /** Reads anew where the facts are older than they should be and none is read now; `names` are those in flight or pending. */
  readonly refresh: (names: readonly string[]) => Promise<boolean>;
  /** Whether `refresh` would read. */
  readonly isStale: (atMostMs?: number) => boolean;
}

/** A pool that is not drained, or goes one at a time, has nothing to be told apart by. */
export function openDrainWatch(run: ClusterRunner, first: PlannedNode, isWanted: () => boolean): DrainWatch {
  const drain = drainPolicy(run.spec, first);
  let facts: DrainFacts = NO_DRAIN_FACTS;
  let places = new Map<string, number>();
  let readMs: number | null = null;
  let isReading = false;

  function isStale(atMostMs?: number): boolean {
    if (!isWanted() || !drain.enabled || isReading) return false;
    return readMs === null || Date.now() - readMs >= (atMostMs ?? FRESH_MS * Math.max(1, run.state.nodes.length / NODES_PER_FRESH));
  }

  async function refresh(names: readonly string[]): Promise<boolean> {
    isReading = true;
    try {
      facts = await run.work(() => inspect.observeDrains.executeWithOptions({ summary: `Read what ${names.length} drains would meet` }, [{ upgrade: run.upgrade, drain, nodes: names }]));
      places = new Map(names.map((name, index) => [name, index]));
      return true;
    } catch (error) {
      // The order is a matter of speed: the budgets themselves are kept by the API.
      log.warn('drains could not be looked at', { cause: String(error) });
      return false;
    } finally {
      readMs = Date.now();
      isReading = false;
    }
  }

  return {
    allowed: () => facts.allowed, refresh, isStale,
    windowNode: ({ name, zone }) => {
      const place = places.get(name);
      return windowNode(name, zone, place === undefined || run.node(name).drained ? undefined : facts.rows[place]);
    },
  };
}
