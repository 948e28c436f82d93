import { heartbeat } from '@temporalio/activity';

// Well within the shortest heartbeat timeout of `workflows/activity-options.ts`.
const BEAT_MS = 2_000;

/** Waits inside an activity, as a drain does: with heartbeats, so that a slow machine's server does not start it a second time. */
export async function waitBeating(opened: Promise<void>): Promise<void> {
  const timer = setInterval(() => { heartbeat(); }, BEAT_MS);
  try {
    await opened;
  } finally {
    clearInterval(timer);
  }
}
