import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resultProblem } from '../../workflows/activity-results.ts';
import { reads } from './activity-reads.ts';

for (const [activity, read] of Object.entries(reads)) {
  test(`what a worker answers to ${activity} is taken, and half of it is not`, async () => {
    const result: unknown = JSON.parse(JSON.stringify(await read()));
    assert.equal(resultProblem(activity, result), null);
    if (activity !== 'describeCluster') assert.notEqual(resultProblem(activity, {}), null);
    assert.notEqual(resultProblem(activity, []), null);
    assert.notEqual(resultProblem(activity, undefined), null);
  });
}
