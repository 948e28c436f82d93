/** Of two callers of one step the newer one decides, whatever the older one still does. */
import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { DurableStep, Hosts } from '../../activities/hosts/port.ts';
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
  for (const torn of ['17999', '1799999999999 ', '\0\0\0']) await appendFile(join(host.stateFolder, 'torn', 'w1', 'kubelet', 'fence'), `\n${torn}`);
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
