/** Of two callers of one step the newer one decides, whatever the older one still does. */
import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import type { DurableStep, Hosts } from '../../activities/hosts/port.ts';
import { laterCaller } from '../../simulator/hosts/recognised/durable.ts';
import type { SshHost } from '../support/ssh-host.ts';
import { until } from '../support/until.ts';
import { finished, settingOn } from './counting-step.ts';
import { failureOf, openHost, startHost } from './open-host.ts';

async function opened(context: TestContext): Promise<{ readonly host: SshHost; readonly hosts: Hosts }> {
  const host = await startHost(context, { name: 'w1' });
  return { host, hosts: await openHost(context, host, {}, { stateFolder: host.stateFolder }) };
}

test('a caller with a lower fence is refused and starts nothing', async (context) => {
  const { host, hosts } = await opened(context);
  const { step, runs } = settingOn(host, 'fenced');
  const fence = (epochMs: number, attempt: number): DurableStep => ({ ...step, fence: { epochMs, attempt } });
  await hosts.runStep(host.host, fence(1_700_000_000_000, 10));
  for (const lower of [fence(1_700_000_000_000, 9), fence(999_999_999_999, 99)]) {
    const failure = await failureOf(hosts.runStep(host.host, { ...lower, retry: 5 }));
    assert.equal(failure.type, 'Superseded');
    assert.match(failure.message, /kubelet on w1 \(127\.0\.0\.1:\d+\): a later attempt, rollback or restore owns this step/);
  }
  assert.equal(await runs(), 1);
  // Numbers, not text: 10 is after 9, and a later run begins at 1 again.
  assert.equal(finished(await hosts.runStep(host.host, fence(1_700_000_000_000, 11))).intent, 1);
  assert.equal(finished(await hosts.runStep(host.host, fence(1_800_000_000_000, 1))).intent, 1);
});

test('a fence line that a crash of the host cut off neither lets an older caller in nor keeps a newer one out', async (context) => {
  const { host, hosts } = await opened(context);
  const { step } = settingOn(host, 'torn');
  const fence = (epochMs: number, attempt: number): DurableStep => ({ ...step, fence: { epochMs, attempt } });
  await hosts.runStep(host.host, fence(1_700_000_000_000, 10));
  for (const torn of ['17999', '0 1799999999999 ', '0 1799999999999 0 5', '0 1799999999999 0 5 1', '9 9 9 9 9 en', 'end end end end end end', '\0\0\0']) await appendFile(join(host.stateFolder, 'torn', 'w1', 'kubelet', 'fence'), `\n${torn}`);
  assert.equal(finished(await hosts.runStep(host.host, fence(1_700_000_000_000, 11))).intent, 1);
  assert.equal((await failureOf(hosts.runStep(host.host, fence(1_700_000_000_000, 10)))).type, 'Superseded');
});

test('once a newer caller has claimed a step, an older one does not begin it', async (context) => {
  const { host, hosts } = await opened(context);
  const { step, runs } = settingOn(host, 'claimed');
  const fence = (epochMs: number, attempt: number): DurableStep => ({ ...step, fence: { epochMs, attempt } });
  assert.equal(await hosts.claimStep(host.host, fence(1_700_000_000_000, 1)), 'absent');
  assert.equal(await hosts.claimStep(host.host, fence(1_700_000_000_000, 2)), 'absent');
  const asks = [() => hosts.runStep(host.host, fence(1_700_000_000_000, 1)), () => hosts.claimStep(host.host, fence(1_600_000_000_000, 7))];
  for (const ask of asks) {
    const failure = await failureOf(ask());
    assert.equal(failure.type, 'Superseded');
    assert.match(failure.message, /kubelet on w1 \(127\.0\.0\.1:\d+\): a later attempt, rollback or restore owns this step/);
  }
  assert.equal(await runs(), 0);
  assert.equal(finished(await hosts.runStep(host.host, fence(1_700_000_000_000, 2))).started, true);
  assert.equal(await runs(), 1);
});

test('a claim leaves what runs as it is, and whoever waits for it waits on', async (context) => {
  const { host, hosts } = await opened(context);
  const { step, runs, open } = settingOn(host, 'claimed-running', { gated: true });
  const waiting = hosts.runStep(host.host, step);
  await until('the step has begun', async () => (await runs()) === 1);
  assert.equal(await hosts.claimStep(host.host, { ...step, fence: { ...step.fence, attempt: 2 } }), 'running');
  await open();
  assert.equal(finished(await waiting).intent, 1);
  assert.equal(await runs(), 1);
});

/** A caller's token by its parts. */
const token = (turn: number, epochMs: number, order: number, attempt: number, attemptMs: number) => ({ turn, epochMs, order, attempt, attemptMs });
const AT = 1_700_000_000_000;
const TWO_DAYS = 172_800_000;

test('a retry gets through although the clock of the server was two days ahead when the step began', async (context) => {
  const { host, hosts } = await opened(context);
  const { step, runs } = settingOn(host, 'ahead');
  await hosts.runStep(host.host, { ...step, fence: token(0, AT + TWO_DAYS, 1, 1, AT + TWO_DAYS) });
  assert.equal(finished(await hosts.runStep(host.host, { ...step, retry: 1, fence: token(1, AT, 1, 1, AT) })).intent, 2);
  assert.equal(await runs(), 2);
  // What hung in the first try comes too late.
  assert.equal((await failureOf(hosts.runStep(host.host, { ...step, fence: token(0, AT + TWO_DAYS, 1, 2, AT + TWO_DAYS + 1) }))).type, 'Superseded');
});

test('a rollback claims the step of the try that failed a moment before, whichever server has the later clock', async (context) => {
  const { host, hosts } = await opened(context);
  const { step } = settingOn(host, 'skew');
  await hosts.runStep(host.host, { ...step, fence: token(0, AT, 3, 1, AT) });
  assert.equal(await hosts.claimStep(host.host, { ...step, fence: token(1, AT - 200, 1, 1, AT - 200) }), 'finished');
  assert.equal((await failureOf(hosts.runStep(host.host, { ...step, fence: token(0, AT, 3, 2, AT + 5_000) }))).type, 'Superseded');
});

test('of two activities of one run the later one decides, whatever its attempt and the clock', async (context) => {
  const { host, hosts } = await opened(context);
  const { step } = settingOn(host, 'order');
  await hosts.runStep(host.host, { ...step, fence: token(0, AT, 4, 7, AT + TWO_DAYS) });
  assert.equal(finished(await hosts.runStep(host.host, { ...step, fence: token(0, AT, 12, 1, AT) })).intent, 1);
  assert.equal((await failureOf(hosts.claimStep(host.host, { ...step, fence: token(0, AT, 4, 8, AT + TWO_DAYS) }))).type, 'Superseded');
});

test('an attempt that Temporal counts from 1 again, because somebody reset the activity, replaces those before it', async (context) => {
  const { host, hosts } = await opened(context);
  const { step, runs } = settingOn(host, 'reset');
  const attempt = (count: number, ms: number): DurableStep => ({ ...step, fence: token(0, AT, 2, count, ms) });
  await hosts.runStep(host.host, attempt(3, AT + 3_000));
  for (const reset of [attempt(1, AT + 9_000), attempt(1, AT + 9_000), attempt(2, AT + 9_500)]) assert.equal(finished(await hosts.runStep(host.host, reset)).intent, 1);
  for (const former of [attempt(3, AT + 3_000), attempt(2, AT + 2_000), attempt(1, AT + 1_000)]) {
    assert.equal((await failureOf(hosts.runStep(host.host, former))).type, 'Superseded');
  }
  assert.equal(await runs(), 1);
});

test('an attempt gets through although the clock was set back since the one before', async (context) => {
  const { host, hosts } = await opened(context);
  const { step } = settingOn(host, 'back');
  const attempt = (count: number, ms: number): DurableStep => ({ ...step, fence: token(0, AT, 2, count, ms) });
  await hosts.runStep(host.host, attempt(1, AT + TWO_DAYS));
  for (const later of [attempt(2, AT), attempt(2, AT), attempt(3, AT + 1_000)]) assert.equal(finished(await hosts.runStep(host.host, later)).intent, 1);
  assert.equal((await failureOf(hosts.runStep(host.host, attempt(1, AT + TWO_DAYS)))).type, 'Superseded');
});

test('the twin judges callers as the hosts do', async (context) => {
  const { host, hosts } = await opened(context);
  const near = fc.integer({ min: 0, max: 2 });
  const callers = fc.array(fc.tuple(near, near, near, near, near), { minLength: 2, maxLength: 7 });
  let count = 0;
  await fc.assert(fc.asyncProperty(callers, async (all) => {
    const { step } = settingOn(host, `twin-${String(count += 1)}`);
    const lines: (typeof all)[number][] = [];
    for (const own of all) {
      const later = laterCaller(lines, own);
      const asked = hosts.claimStep(host.host, { ...step, fence: token(...own) });
      if (later === null) {
        assert.equal(await asked, 'absent');
        lines.push(own);
      } else {
        assert.match((await failureOf(asked)).message, new RegExp(`turn ${later[0]}, run of 1970-01-01T00:00:00\\.00${later[1]}Z, attempt ${later[2]}\\)`));
      }
    }
  }), { numRuns: 40 });
});
