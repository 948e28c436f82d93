import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cancelSignal, rollbackSignal, statusQuery } from '../../workflows/messages.ts';
import type { Trial } from './harness.ts';
import { failing, nodeState, stopped, until, untilHistory, workflowTests } from './harness.ts';
import { DENSE, ILL_SHAPED, json, OF_PERSONS, rawCalls, SIGNALS, UNDECODABLE } from './hostile.ts';
import type { Raw } from './hostile.ts';

const LIMIT = { timeout: 60_000 };
const HOSTILE = [...Object.values(UNDECODABLE), ...Object.values(ILL_SHAPED)];

/** Sends every hostile payload by every signal. */
async function flood(raw: Raw, workflowId: string): Promise<void> {
  for (const signal of SIGNALS) for (const payload of HOSTILE) await raw.signal(workflowId, signal, [payload]);
}

async function refusals({ handle }: Pick<Trial, 'handle'>): Promise<readonly (string | null)[]> {
  return (await handle.query(statusQuery)).decisions.map(({ refusal }) => refusal);
}

async function failedTasks(trial: Trial, workflowId = trial.handle.workflowId): Promise<number> {
  const { events } = await trial.environment.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).filter((event) => event.workflowTaskFailedEventAttributes).length;
}

/** After all of it the upgrade still hears a cancel, and gives everything back. */
async function endsByCancel(trial: Trial, release: () => void): Promise<void> {
  await trial.handle.signal(cancelSignal, { by: 'ann', reason: 'enough' });
  release();
  const report = await trial.handle.result();
  assert.equal(report.state, 'cancelled');
  assert.deepEqual([...trial.cluster.cordoned], []);
  assert.equal(trial.cluster.journal.at(-1), 'releaseLease cluster');
  assert.deepEqual(report.decisions.at(-1)?.by, 'ann');
}

describe('a message that cannot be decoded, or holds something else', { timeout: 900_000 }, () => {
  const { upgrade, restore, inspection, release } = workflowTests();

  for (const [what, payload] of Object.entries({ ...UNDECODABLE, ...ILL_SHAPED })) {
    it(`is refused with a reason and changes nothing: one ${what}`, LIMIT, async () => {
      const stop = stopped('upgradeKubelet', 'w1');
      await upgrade({ controlPlanes: 1, workers: 1, behave: stop.behave }, async (trial) => {
        await stop.reached;
        const raw = rawCalls(trial.environment);
        const before = await trial.handle.query(statusQuery);
        for (const signal of OF_PERSONS) await raw.signal(trial.handle.workflowId, signal, [payload]);
        const status = await until(trial, ({ decisions }) => decisions.length === OF_PERSONS.length);
        for (const { kind, refusal } of status.decisions) assert.match(refusal ?? '', what in UNDECODABLE ? /^the message cannot be decoded: (?:its |it |decompressed)/ : /\S/, kind);
        assert.deepEqual({ ...status, decisions: [] }, { ...before, decisions: [] });
        assert.equal(await failedTasks(trial), 0);
        stop.release();
        assert.equal((await trial.handle.result()).state, 'done');
      });
    });
  }

  it('does not break an upgrade, which still ends by a cancel', LIMIT, async () => {
    const stop = stopped('upgradeKubelet', 'w1');
    await upgrade({ controlPlanes: 1, workers: 1, behave: stop.behave }, async (trial) => {
      await stop.reached;
      await flood(rawCalls(trial.environment), trial.handle.workflowId);
      await until(trial, ({ decisions }) => decisions.length === 50);
      assert.ok((await refusals(trial)).every((refusal) => refusal !== null));
      assert.equal(await failedTasks(trial), 0);
      await endsByCancel(trial, stop.release);
    });
  });

  for (const way of ['up', 'back'] as const) {
    it(`does not break a node on its way ${way}, which still ends by a cancel of its upgrade`, LIMIT, async () => {
      const stop = stopped(way === 'up' ? 'upgradeKubelet' : 'rollbackNode', 'w1');
      const behave = async (step: string, node: string, call: number): Promise<void> => {
        await stop.behave(step, node);
        if (way === 'back' && step === 'waitNodeReady' && node === 'w1' && call === 1) throw failing('not Ready');
      };
      await upgrade({ controlPlanes: 1, workers: 1, behave }, async (trial) => {
        if (way === 'back') {
          await until(trial, (status) => nodeState(status, 'w1') === 'held');
          await trial.handle.signal(rollbackSignal, { scope: 'node', node: 'w1', by: 'ann' });
        }
        await stop.reached;
        const id = `${trial.handle.workflowId}/w1`;
        await flood(rawCalls(trial.environment), id);
        await untilHistory(trial, 'w1', (events) => events.at(-1)?.workflowTaskCompletedEventAttributes !== undefined && events.at(-1)?.workflowTaskCompletedEventAttributes !== null);
        assert.equal(await failedTasks(trial, id), 0);
        await endsByCancel(trial, stop.release);
      });
    });
  }

  it('does not break a restore, which still ends by a cancel', LIMIT, async () => {
    // As where a copy is slow: a step that ended while the cancel is taken up would leave the time-skipping server with a workflow task that never ends.
    const behave = (step: string, node: string): void => { if (step === 'prepareRestore' && node === 'cp1') throw new Error('a slow copy'); };
    await restore({ behave }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'cp1') === 'preparing' && ['cp2', 'cp3'].every((node) => nodeState(status, node) === 'pending'));
      const raw = rawCalls(trial.environment);
      await flood(raw, trial.handle.workflowId);
      const status = await until(trial, ({ decisions }) => decisions.length === 50);
      assert.ok(status.decisions.every(({ refusal }) => refusal !== null));
      for (const payload of HOSTILE) assert.match(await raw.refusedUpdate(trial.handle.workflowId, 'resolveHold', [payload]), /\S/);
      await trial.handle.signal(cancelSignal, { by: 'ann' });
      assert.equal((await trial.handle.result()).state, 'cancelled');
      assert.equal(trial.cluster.journal.at(-1), 'releaseLease cluster');
    });
  });

  it('does not break what only looks at a cluster, or releases it', LIMIT, async () => {
    await inspection({ what: 'plan' }, async ({ handle, environment }) => {
      const raw = rawCalls(environment);
      await Promise.allSettled(HOSTILE.map((payload) => raw.signal(handle.workflowId, 'pause', [payload])));
      assert.equal((await handle.result()).plan?.to, 'v1.34.4');
    });
    await release({ nodes: [], lock: null, temporal: null }, false, async ({ handle, environment }) => {
      const raw = rawCalls(environment);
      await Promise.allSettled(HOSTILE.map((payload) => raw.signal(handle.workflowId, 'probe', [payload])));
      assert.equal((await handle.result()).released, false);
    });
  });

  it('is refused as an update too, and leaves no decision', LIMIT, async () => {
    const stop = stopped('upgradeKubelet', 'w1');
    await upgrade({ controlPlanes: 1, workers: 1, behave: stop.behave }, async (trial) => {
      await stop.reached;
      const raw = rawCalls(trial.environment);
      for (const name of ['approve', 'resolveHold', 'rollback', 'setPolicy']) {
        for (const [what, payload] of Object.entries(UNDECODABLE)) assert.match(await raw.refusedUpdate(trial.handle.workflowId, name, [payload]), /^the message cannot be decoded: /, `${name} ${what}`);
        for (const payload of Object.values(ILL_SHAPED)) assert.match(await raw.refusedUpdate(trial.handle.workflowId, name, [payload]), /\S/);
        assert.match(await raw.refusedUpdate(trial.handle.workflowId, name, []), /\S/);
      }
      assert.deepEqual(await refusals(trial), []);
      await endsByCancel(trial, stop.release);
    });
  });

  it('may have many arguments, none, or a header that cannot be read: the first argument alone counts', LIMIT, async () => {
    const stop = stopped('upgradeKubelet', 'w1');
    await upgrade({ controlPlanes: 1, workers: 1, behave: stop.behave }, async (trial) => {
      await stop.reached;
      const raw = rawCalls(trial.environment);
      const { workflowId } = trial.handle;
      await raw.signal(workflowId, 'resume', []);
      await raw.signal(workflowId, 'resume', [json({ by: 'ann' }), ...HOSTILE]);
      await raw.signal(workflowId, 'resume', [json({ by: 'bob' })], UNDECODABLE);
      await raw.signal(workflowId, 'resume', [...HOSTILE.slice(0, 1), json({ by: 'eve' })]);
      const { decisions } = await until(trial, (status) => status.decisions.length === 4);
      assert.deepEqual(decisions.map(({ by, refusal }) => [by, refusal === null]), [['unknown', true], ['ann', true], ['bob', true], ['unknown', false]]);
      await endsByCancel(trial, stop.release);
    });
  });

  it('costs next to nothing, however dense the JSON is that it becomes: an upgrade that was sent many still hears a cancel', LIMIT, async () => {
    const stop = stopped('upgradeKubelet', 'w1');
    await upgrade({ controlPlanes: 1, workers: 1, behave: stop.behave }, async (trial) => {
      await stop.reached;
      const raw = rawCalls(trial.environment);
      for (let round = 0; round < 3; round += 1) for (const payload of Object.values(DENSE)) await raw.signal(trial.handle.workflowId, 'pause', [payload]);
      await until(trial, ({ decisions }) => decisions.length === 9);
      for (const refusal of await refusals(trial)) assert.match(refusal ?? '', /^the message cannot be decoded: it has \d+ bytes; a message has at most 131072$/);
      for (const payload of Object.values(DENSE)) assert.match(await raw.refusedUpdate(trial.handle.workflowId, 'setPolicy', [payload]), /a message has at most/);
      assert.equal(await failedTasks(trial), 0);
      await endsByCancel(trial, stop.release);
    });
  });

  it('is one that is larger than a message; what a workflow starts with and what its steps return may be larger', LIMIT, async () => {
    await upgrade({ controlPlanes: 1, workers: 600, awaitApproval: true }, async (trial) => {
      assert.ok(JSON.stringify(trial.plan).length > 131_072);
      const { failure } = await until(trial, ({ approval }) => approval !== undefined);
      assert.equal(failure, null);
      await rawCalls(trial.environment).signal(trial.handle.workflowId, 'pause', [json({ by: 'x'.repeat(131_072) })]);
      await trial.handle.signal(cancelSignal, { by: 'ann' });
      const { state, decisions } = await trial.handle.result();
      assert.equal(state, 'cancelled');
      assert.match(decisions[0]?.refusal ?? '', /a message has at most/);
    });
  });

  it('is what a query gets: it answers all the same', LIMIT, async () => {
    const stop = stopped('upgradeKubelet', 'w1');
    await upgrade({ controlPlanes: 1, workers: 1, behave: stop.behave }, async (trial) => {
      await stop.reached;
      const { client } = trial.environment;
      for (const payload of HOSTILE) {
        const { queryResult } = await client.workflowService.queryWorkflow({
          namespace: client.options.namespace, execution: { workflowId: trial.handle.workflowId }, query: { queryType: 'status', queryArgs: { payloads: [payload] } },
        });
        assert.equal(queryResult?.payloads?.length, 1);
      }
      await endsByCancel(trial, stop.release);
    });
  });
});
