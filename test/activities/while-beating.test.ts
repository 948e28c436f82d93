import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whileBeating } from '../../activities/activity-context.ts';
import { runActivity } from '../support/run-activity.ts';

describe('heartbeats', () => {
  it('are not sent of work that ends at once', async () => {
    const running = runActivity(() => whileBeating(() => 'asking', async () => 'done'), null);
    assert.equal(await running.result, 'done');
    assert.deepEqual(running.heartbeats, []);
  });

  it('say what longer work waits for, and end with it', async () => {
    const work = Promise.withResolvers<string>();
    let message = 'asking';
    const running = runActivity(() => whileBeating(() => message, () => work.promise), null);
    message = 'waiting for etcd';
    await running.heartbeat((progress) => progress.message === 'waiting for etcd');
    work.resolve('done');
    assert.equal(await running.result, 'done');
    assert.deepEqual(running.heartbeats, [{ message: 'waiting for etcd' }]);
  });

  it('end where the work fails', async () => {
    const running = runActivity(() => whileBeating(() => 'asking', () => Promise.reject(new Error('no answer'))), null);
    await assert.rejects(running.result, /no answer/);
    assert.deepEqual(running.heartbeats, []);
  });
});
