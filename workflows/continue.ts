import { condition, makeContinueAsNewFunc } from '@temporalio/workflow';
import { now } from './cluster-run.ts';
import type { ClusterRunner } from './cluster-run.ts';
import { cover } from './domain/coverage.ts';
import { packRun } from './domain/run-pack.ts';
import type { UpgradeReport } from './domain/status.ts';
import { adoptChildren } from './flight.ts';
import type { UpgradeClusterInput } from './messages.ts';

/** Begins a new history where this one is full, once nothing that was begun would be lost. Nodes in flight fly on. */
export async function continueWhereFull(run: ClusterRunner): Promise<void> {
  if (!run.history.isFull()) return;
  do {
    // A node that is being started is a child only then.
    await condition(run.isIdle);
    await adoptChildren(run);
    await condition(run.isQuiet);
    // Whoever has just been woken does its first step before it is seen to be at work.
    for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve();
  } while (!run.isQuiet());
  coverWaiting(run);
  const { resume: _resume, ...input } = run.input;
  await continueAtCurrentVersion({ ...input, plan: run.state.plan, resume: packRun(run.state) });
}

// A new history has nothing to be replayed: where workers have versions it begins on the current one, so that none is kept for weeks.
const continueAtCurrentVersion = makeContinueAsNewFunc<(next: UpgradeClusterInput) => Promise<UpgradeReport>>({ initialVersioningBehavior: 'AUTO_UPGRADE' });

const TURNS = 50;

/** Who waits for a person now begins to wait anew in the next history. */
function coverWaiting({ state, open, node }: ClusterRunner): void {
  const since = [...open].map(node).filter((own) => own.state === 'held').map((own) => own.since ?? now());
  if (state.control.pause !== null) since.push(state.control.pause.at);
  state.covered = cover(state.covered, since.map((from) => [Date.parse(from), Date.now()]));
}
