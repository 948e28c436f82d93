import type { Timing } from '../../description.ts';

/** What the engine itself takes on top of the work, as measured on the lab: connections, units, small waits. */
export const ENGINE_TIMES = {
  /** Reading and checking the cluster and every host. */
  preflight: { meanMs: 6_000, variation: 0.3 },
  /** A command on a host: sent, started as a unit, followed, its result read. */
  hostStep: { meanMs: 1_200, variation: 0.3 },
  /** A call of the API, or a few. */
  apiStep: { meanMs: 150, variation: 0.3 },
  /** Reading nodes, static pods and etcd at the end. */
  verify: { meanMs: 2_500, variation: 0.3 },
} as const satisfies Readonly<Record<string, Timing>>;

/** A node must be Ready without a break for this long. */
export const SETTLE_MS = 2_000;

/** What drains would meet is read again once it is older than this; more seldom where there are more nodes than these. */
export const DRAIN_FACTS_MS = 60_000;
export const NODES_PER_DRAIN_FACTS = 500;
/** Or sooner, where all that is pending would wait for a drain in flight; the pause doubles. */
export const BLOCKED_MS = 20_000;
export const LONGEST_BLOCKED_MS = 5 * 60_000;

/** Most nodes in flight at once, whatever the spec says. */
export const MOST_IN_FLIGHT = 500;

/** A node that is not Ready after this is held. */
export const READY_TIMEOUT_MS = 10 * 60_000;

/** Images that a node needs of a new version. */
export const IMAGES = { controlPlane: 7, worker: 3 } as const;
