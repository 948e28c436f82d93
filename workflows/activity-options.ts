import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';

// A worker that died is noticed when its heartbeat stays out; steps beat every four seconds. With the second before the next try,
// whoever starts after it goes on within 15 seconds.
const HEARTBEAT = '12 seconds';

// An unreachable host or API is tried for about ten minutes; then the node is held, so that a person sees it.
const REACHABILITY = { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds', maximumAttempts: 25 } as const;

/** Reads of the whole cluster. A person waits for the answer of an inspection: few tries. */
export const inspect = proxyActivities<Activities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 seconds', maximumAttempts: 3 },
});

/** For steps that give a node back: they go before all others that wait for a worker. Temporal's own scale, 1 before 5. */
export const FIRST = { priorityKey: 1 } as const;

/** Calls of the API and gates that take seconds. */
export const api = proxyActivities<Activities>({
  startToCloseTimeout: '20 minutes',
  heartbeatTimeout: HEARTBEAT,
  retry: REACHABILITY,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/**
 * Host steps: packages on a slow mirror, kubeadm's five minutes a component.
 * The timeout only bounds the waiting; the host's unit goes on and is found again.
 */
export const host = proxyActivities<Activities>({
  startToCloseTimeout: '60 minutes',
  heartbeatTimeout: HEARTBEAT,
  retry: REACHABILITY,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** Drains end by the spec's own timeout; this one only catches a stuck worker. */
export const drain = proxyActivities<Activities>({
  startToCloseTimeout: '26 hours',
  heartbeatTimeout: HEARTBEAT,
  retry: REACHABILITY,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** What a restore would do: reads hosts as well, and a copy of the snapshot beside the live store. */
export const inspectRestore = proxyActivities<Pick<Activities, 'planRestore'>>({
  startToCloseTimeout: '20 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 seconds', maximumAttempts: 3 },
});
