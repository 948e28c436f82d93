import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { msToTs } from '@temporalio/common/lib/time.js';
import { untakenTask } from '../../client/temporal/untaken.ts';

// temporal.api.enums.v1.PendingWorkflowTaskState
const SCHEDULED = 1;
const STARTED = 2;

function task(state: number, seconds: number): Parameters<typeof untakenTask>[0] {
  return { state, originalScheduledTime: msToTs(seconds * 1_000) };
}

describe('a workflow task that nobody takes up', () => {
  test('is known since it was first seen, whatever the clock of the server', () => {
    const first = untakenTask(task(SCHEDULED, 99_000), null, 2_000);
    assert.equal(first?.sinceMs, 2_000);
    assert.equal(untakenTask(task(SCHEDULED, 99_000), first, 4_000)?.sinceMs, 2_000);
  });

  test('is not one that a worker has, and none is where there is no task', () => {
    assert.equal(untakenTask(task(STARTED, 1), null, 2_000), null);
    assert.equal(untakenTask(null, null, 2_000), null);
    assert.equal(untakenTask(undefined, null, 2_000), null);
  });

  test('is another one than that of an earlier look, which was taken up in between', () => {
    const first = untakenTask(task(SCHEDULED, 1), null, 2_000);
    assert.equal(untakenTask(task(SCHEDULED, 9), first, 10_000)?.sinceMs, 10_000);
    assert.equal(untakenTask(task(SCHEDULED, 1), untakenTask(task(STARTED, 1), first, 4_000), 10_000)?.sinceMs, 10_000);
  });
});
