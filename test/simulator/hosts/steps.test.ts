import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createScaledClock } from '../../../simulator/clock.ts';
import { failureOf, runActivity } from '../../support/run-activity.ts';
import { until } from '../../support/until.ts';
import { activities, packageInput } from './inputs.ts';
import { describe, startTestTwin } from './twin.ts';
import type { TestTwin } from './twin.ts';

const LIMIT = { timeout: 60_000 };

async function recognised(context: TestContext): Promise<{ readonly twin: TestTwin; readonly seen: string[] }> {
  const twin = await startTestTwin(context, describe(1, 1), { way: 'recognised' });
  const seen: string[] = [];
  twin.hosts.onStep(({ node, step, moment, intent }) => { seen.push(`${node} ${step} ${moment} ${String(intent)}`); });
  return { twin, seen };
}

test('a step is seen when it is asked for, started and finished, and only asked for when its result is there', LIMIT, async (context) => {
  const { twin, seen } = await recognised(context);
  await runActivity(activities(twin).stageNode, packageInput(twin, 'w1')).result;
  await runActivity(activities(twin).stageNode, packageInput(twin, 'w1'), 2).result;
  assert.deepEqual(seen, ['w1 stageNode asked 0', 'w1 stageNode started 1', 'w1 stageNode finished 1', 'w1 stageNode asked 1']);
});

test('a step whose request is lost never starts', LIMIT, async (context) => {
  const { twin, seen } = await recognised(context);
  const end = twin.hosts.onStep(({ moment }, lose) => { if (moment === 'asked') lose(); });
  assert.equal((await failureOf(runActivity(activities(twin).stageNode, packageInput(twin, 'w1')).result)).type, 'HostUnreachable');
  end();
  assert.deepEqual(seen, ['w1 stageNode asked 0']);
  assert.deepEqual(twin.journal.all(), []);
});

test('a step that was killed is seen as interrupted, and then started as another intent', LIMIT, async (context) => {
  const { twin, seen } = await recognised(context);
  twin.hosts.host('w1').addFault({ operation: 'fetch packages', once: true, effect: { kind: 'kill' } });
  await runActivity(activities(twin).stageNode, packageInput(twin, 'w1')).result;
  assert.deepEqual(seen, ['w1 stageNode asked 0', 'w1 stageNode started 1', 'w1 stageNode interrupted 1', 'w1 stageNode asked 1', 'w1 stageNode started 2', 'w1 stageNode finished 2']);
});

test('an older attempt that the fence refuses is seen as superseded', LIMIT, async (context) => {
  const { twin, seen } = await recognised(context);
  await runActivity(activities(twin).stageNode, packageInput(twin, 'w1'), 2).result;
  assert.equal((await failureOf(runActivity(activities(twin).stageNode, packageInput(twin, 'w1'), 1).result)).type, 'Superseded');
  assert.deepEqual(seen.slice(-2), ['w1 stageNode asked 1', 'w1 stageNode superseded 1']);
});

test('commands that are ended leave their unit running, and the next attempt attaches to it', LIMIT, async (context) => {
  const { twin, seen } = await recognised(context);
  const host = twin.hosts.host('w1');
  host.addFault({ operation: 'fetch packages', once: true, effect: { kind: 'wait', ms: 500_000, message: 'busy' }, onHit: () => { host.endCommands(143); } });
  const failure = await failureOf(runActivity(activities(twin).stageNode, packageInput(twin, 'w1')).result);
  assert.match(failure.message, /exit code 143/);
  assert.equal(failure.permanent, false);
  assert.equal(host.units().length, 1);
  await runActivity(activities(twin).stageNode, packageInput(twin, 'w1'), 2).result;
  assert.equal(seen.filter((line) => line.includes('started')).length, 1);
});

test('a fault that happens once says so when it does, and is gone', LIMIT, async (context) => {
  const { twin } = await recognised(context);
  const host = twin.hosts.host('w1');
  let hits = 0;
  host.addFault({ operation: 'pull image', once: true, effect: { kind: 'slow', factor: 2 }, onHit: () => { hits += 1; } });
  await runActivity(activities(twin).stageNode, packageInput(twin, 'w1')).result;
  assert.equal(hits, 1);
  assert.deepEqual(host.machine.faults, []);
});

test('steps of hosts with a shell are seen by nobody, and whoever asks is told', LIMIT, async (context) => {
  const twin = await startTestTwin(context, describe(1, 1), { way: 'shell' });
  assert.throws(() => twin.hosts.onStep(() => undefined), /way: recognised/);
});

test('whoever follows the journal sees each entry as it is made, until the end', LIMIT, async (context) => {
  const { twin } = await recognised(context);
  const seen: string[] = [];
  const end = twin.journal.subscribe(({ effect }) => { seen.push(effect); });
  twin.hosts.host('w1').machine.record('one');
  end();
  twin.hosts.host('w1').machine.record('two');
  assert.deepEqual(seen, ['one']);
});

test('a clock that jumps is off by that much, and its waits are not', LIMIT, async (context) => {
  const clock = createScaledClock(1000);
  context.after(() => { clock.stop(); });
  clock.jump(3_600_000);
  assert.ok(Math.abs(clock.now() - Date.now() - 3_600_000) < 60_000);
  let rang = false;
  clock.after(10, () => { rang = true; });
  await until('the wait is over', () => rang);
});
