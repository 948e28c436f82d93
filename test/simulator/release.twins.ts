/** What a terminated upgrade leaves on a twin is given back, once nothing of it runs any more. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { generateCluster } from '../../simulator/generate.ts';
import { startTwin } from '../../simulator/twin.ts';
import type { Twin } from '../../simulator/twin.ts';
import { FAST_TIMINGS, specOfTwin } from '../support/twin.ts';
import { until } from '../support/until.ts';
import { startEngine } from './support/engine.ts';
import type { DevEngine } from './support/engine.ts';
import { at, isReady } from './support/watcher.ts';

const LIMIT_MS = 10 * 60_000;

describe('what a terminated upgrade left', { timeout: LIMIT_MS }, () => {
  let engine: DevEngine;
  before(async () => { engine = await startEngine(); });
  after(() => engine.close());

  test('is not touched while it runs, and released when it does not, but for a person\'s cordon', { timeout: LIMIT_MS }, async () => {
    const description = generateCluster({ name: 'lost', seed: 3, workers: 4, timings: FAST_TIMINGS, faults: [{ name: 'budget-blocks', node: 'w2' }] });
    const twin = await startTwin(description, { seed: 3, speed: 20, maxUnavailable: 1, folder: join(engine.folder, description.name) });
    try {
      await until('all nodes are Ready', () => twin.model.store.list('pods').every((pod) => isReady(pod)));
      cordonByHand(twin, 'w4');
      const spec = await specOfTwin(twin);
      const { plan } = await engine.client.inspect({ spec, what: 'plan' });
      assert.ok(plan !== null);
      await engine.client.start({ spec, plan, by: 'test@twin' });
      await until('w2 waits in its drain', () => isCordoned(twin, 'w2'), LIMIT_MS);

      const early = await engine.client.release({ spec, apply: true });
      assert.deepEqual([early.released, early.owners.includes('upgrade/lost')], [false, true]);
      assert.equal(isCordoned(twin, 'w2'), true);

      await engine.terminate('upgrade/lost');
      const orphaned = await engine.client.release({ spec, apply: true });
      assert.deepEqual([orphaned.released, orphaned.owners], [false, ['upgrade/lost/w2']]);
      assert.equal(isCordoned(twin, 'w2'), true);

      await engine.terminate('upgrade/lost/w2');
      const done = await engine.client.release({ spec, apply: true });
      assert.deepEqual([done.released, done.owners], [true, []]);
      assert.deepEqual(marked(twin), []);
      assert.deepEqual(twin.model.store.list('nodes').filter((node) => at(node, 'spec', 'unschedulable') === true).map((node) => node.metadata.name), ['w4']);
      assert.equal(twin.model.store.get('leases', 'kube-system', 'capstan-upgrade'), null);
    } finally {
      await twin.stop();
    }
  });
});

function isCordoned(twin: Twin, name: string): boolean {
  return at(twin.model.store.get('nodes', null, name), 'spec', 'unschedulable') === true;
}

function cordonByHand(twin: Twin, name: string): void {
  const node = twin.model.store.get('nodes', null, name);
  assert.ok(node !== null);
  twin.model.store.put('nodes', { ...node, spec: { ...(at(node, 'spec') as object), unschedulable: true } });
}

/** Nodes that carry an annotation or a taint of ours. */
function marked(twin: Twin): readonly string[] {
  return twin.model.store.list('nodes').filter((node) => JSON.stringify([node.metadata.annotations, at(node, 'spec', 'taints')]).includes('capstan.dev/')).map((node) => node.metadata.name);
}
