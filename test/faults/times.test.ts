import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { StepMoment } from '../../simulator/hosts/steps.ts';
import { generateCluster } from '../../simulator/generate.ts';
import { startTwin } from '../../simulator/twin.ts';
import type { Twin } from '../../simulator/twin.ts';
import { keepTimes } from './measure/keep-times.ts';
import type { TimeKeeper, Times } from './measure/keep-times.ts';
import { addTimes, NO_TIMES, timesText, tooSlow } from './measure/times-text.ts';

const LIMIT = { timeout: 2 * 60_000 };

/** A clock that is set by hand, ms. */
interface Hand {
  ms: number;
}

/** What is measured while the body does something to a twin that no engine upgrades. */
async function measured(body: (keeper: TimeKeeper, twin: Twin, clock: Hand) => Promise<void>): Promise<Times> {
  const folder = await mkdtemp(join(tmpdir(), 'capstan-times-'));
  const twin = await startTwin(generateCluster({ name: 'times', seed: 1, workers: 1, podsPerNode: 0 }), { seed: 1, speed: 60, folder: join(folder, 'twin'), way: 'recognised' });
  try {
    const clock: Hand = { ms: 0 };
    const keeper = keepTimes(twin, () => clock.ms);
    await body(keeper, twin, clock);
    return keeper.times();
  } finally {
    await twin.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function tell({ hosts }: Twin, moment: StepMoment, node = 'w1', step = 'stageNode'): void {
  hosts.host(node).machine.world.steps.tell({ moment, node, step, intent: 1, retry: 0 });
}

const soon = (): Promise<void> => new Promise((resolve) => { queueMicrotask(resolve); });

describe('a cut command', () => {
  test('is resolved when the engine asks for its step again, counted from the return of its host', LIMIT, async () => {
    const { resolved, unresolved } = await measured(async (keeper, twin, clock) => {
      keeper.cut('w1', 'stageNode');
      await soon();
      clock.ms = 2_000;
      keeper.returned('w1');
      await soon();
      clock.ms = 5_000;
      tell(twin, 'asked', 'w1', 'upgradeKubelet');
      tell(twin, 'started');
      tell(twin, 'asked');
    });
    assert.deepEqual([resolved, unresolved], [[3], 0]);
  });

  test('is not resolved by the request in which it was cut', LIMIT, async () => {
    const { resolved, unresolved } = await measured(async (keeper, twin) => {
      keeper.cut('w1', 'stageNode');
      keeper.returned('w1');
      tell(twin, 'asked');
      await soon();
    });
    assert.deepEqual([resolved, unresolved], [[], 1]);
  });

  test('waits for a host that reboots', LIMIT, async () => {
    const { resolved } = await measured(async (keeper, twin, clock) => {
      keeper.cut('w1', 'stageNode');
      await soon();
      clock.ms = 4_000;
      twin.journal.record('w1', 'host came up');
      clock.ms = 5_000;
      tell(twin, 'asked');
    });
    assert.deepEqual(resolved, [1]);
  });
});

describe('a new worker', () => {
  test('is measured to its first request and to its first effect', LIMIT, async () => {
    const { resumed, effects } = await measured(async (keeper, twin, clock) => {
      keeper.workerStarted();
      clock.ms = 2_000;
      twin.hosts.host('w1').machine.world.probes.tell({ moment: 'asked', node: 'w1', script: 'readEtcd' });
      clock.ms = 7_000;
      tell(twin, 'asked');
      clock.ms = 9_000;
      tell(twin, 'asked');
    });
    assert.deepEqual([resumed, effects], [[2], [7]]);
  });

  test('is not measured to an effect that waits for a person', LIMIT, async () => {
    const { resumed, effects } = await measured(async (keeper, twin, clock) => {
      keeper.workerStarted();
      keeper.personSpoke();
      clock.ms = 60_000;
      tell(twin, 'asked');
    });
    assert.deepEqual([resumed, effects], [[60], []]);
  });
});

test('the report says count, middle, largest and how many were over the target', () => {
  const times = addTimes({ ...NO_TIMES, resolved: [1, 40], effects: [3] }, { ...NO_TIMES, resolved: [2], unresolved: 1 });
  assert.deepEqual(timesText(times), [
    'cut commands resolved after the host\'s return (target 30 s): 3 times, p50 2.0 s, p95 40.0 s, max 40.0 s, 1 over 30 s; 1 never asked for again',
    'next effect after a new worker\'s start (target 15 s): 1 times, p50 3.0 s, p95 3.0 s, max 3.0 s, 0 over 15 s',
  ]);
  assert.deepEqual(timesText(NO_TIMES), []);
});

test('only what is far slower than its target, in the middle of all, counts as a fault', () => {
  assert.deepEqual(tooSlow({ ...NO_TIMES, resolved: [1, 2, 900], effects: [20, 30] }), []);
  assert.deepEqual(tooSlow({ ...NO_TIMES, resolved: [130] }), ['too slow: half of the cut commands were resolved after more than 120 s']);
  assert.deepEqual(tooSlow({ ...NO_TIMES, effects: [61] }), ['too slow: half of the new workers had no effect for more than 60 s']);
});
