import { MockActivityEnvironment } from '@temporalio/testing';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startStep } from '../../activities/activity-context.ts';
import type { StepResult } from '../../workflows/domain/step.ts';

/** A step whose activity was scheduled at 0 s; this attempt runs from `fromMs` to `toMs`. */
function clocked(attempt: number, fromMs: number, toMs: number, busySeconds: number): Promise<StepResult> {
  const times = [fromMs, toMs];
  const environment = new MockActivityEnvironment({ attempt, scheduledTimestampMs: 0 });
  return environment.run(async () => startStep(() => times.shift() ?? toMs)({ busySeconds, changed: true, note: '' }));
}

describe('the time of a step', () => {
  it('is that of its only attempt, however long the host worked before', async () => {
    const { startedAt, seconds, busySeconds } = await clocked(1, 10_000, 15_000, 60);
    assert.deepEqual([startedAt, seconds, busySeconds], ['1970-01-01T00:00:10.000Z', 5, 5]);
  });

  it('begins with the host\'s work where a later attempt attached to it', async () => {
    const { startedAt, seconds, busySeconds } = await clocked(2, 10_000, 15_000, 12);
    assert.deepEqual([startedAt, seconds, busySeconds], ['1970-01-01T00:00:03.000Z', 12, 12]);
  });

  it('never begins before the step was scheduled: what ran earlier belongs to the step before', async () => {
    const { startedAt, seconds, busySeconds } = await clocked(2, 10_000, 15_000, 60);
    assert.deepEqual([startedAt, seconds, busySeconds], ['1970-01-01T00:00:00.000Z', 15, 15]);
  });
});
