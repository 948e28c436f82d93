import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pausesUpTo } from '../../activities/asking.ts';

test('what has to be asked for is asked again soon, then twice as late each time, and never later than the longest pause', () => {
  const pauses = pausesUpTo(2_000);
  assert.deepEqual(Array.from({ length: 6 }, () => pauses.next().value), [250, 500, 1_000, 2_000, 2_000, 2_000]);
});

test('a longest pause that is shorter than the first holds from the beginning', () => {
  const pauses = pausesUpTo(100);
  assert.deepEqual(Array.from({ length: 3 }, () => pauses.next().value), [100, 100, 100]);
});
