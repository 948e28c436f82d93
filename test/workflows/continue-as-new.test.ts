import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cancelSignal, pauseSignal, reportQuery, resolveHoldUpdate, resumeSignal, retryNodeSignal, setPolicyUpdate, skipNodeSignal, statusQuery } from '../../workflows/messages.ts';
import { devServer } from '../support/temporal.ts';
import { failing, gate, nodeState, stuckDrain, until, workflowTests } from './harness.ts';
import type { Trial } from './harness.ts';

/** Few enough events that a run holds a handful of nodes. */
const LIMITS = { events: 80, lookMs: 1_000 };

describe('an upgrade that goes on in a new history', { timeout: 600_000 }, () => {
  const { upgrade } = workflowTests(devServer);

  it('does every step of every node once, with nodes in flight at each boundary, and keeps its histories short', async () => {
    await upgrade({ controlPlanes: 1, workers: 14, maxUnavailable: 5, limits: LIMITS }, async (trial) => {
      const report = await trial.handle.result();

      assert.equal(report.state, 'done');
      assert.ok(report.nodes.every((node) => node.state === 'done'), JSON.stringify(report.nodes.map(({ name, state }) => [name, state])));
      onceEach(trial, 14);
      assert.ok(trial.cluster.most() <= 5);
      const lengths = await historyLengths(trial);
      assert.ok(lengths.length >= 4, `${lengths.length} runs`);
      assert.ok(Math.max(...lengths) <= LIMITS.events + 60, `histories of ${lengths.join(', ')} events`);
      assert.ok(report.nodes.every((node) => node.total?.steps === (node.name === 'cp1' ? 8 : 6)));
    });
  });

  it('verifies once, however full its history is by then', async () => {
    const begun = Promise.withResolvers<Trial>();
    const behave = async (step: string, _node: string, call: number): Promise<void> => {
      if (step !== 'verifyCluster' || call > 1) return;
      const { handle } = await begun.promise;
      for (let sent = 0; sent < LIMITS.events; sent += 1) await handle.signal(retryNodeSignal, { node: 'w1' });
    };
    await upgrade({ controlPlanes: 1, workers: 1, limits: LIMITS, behave }, async (trial) => {
      begun.resolve(trial);
      assert.equal((await trial.handle.result()).state, 'done');
      assert.equal(trial.cluster.journal.filter((entry) => entry === 'verifyCluster cluster').length, 1);
    });
  });

  it('keeps pause, skip, retry and a held node over boundaries, and loses none that comes around one', async () => {
    const behave = (step: string, node: string, call: number): void => {
      if (step === 'upgradeKubelet' && node === 'w6' && call === 1) throw failing('kubelet did not start');
      if (step === 'drainNode' && node === 'w10') throw failing('no room');
    };
    await upgrade({ controlPlanes: 1, workers: 14, maxUnavailable: 4, limits: LIMITS, behave }, async (trial) => {
      await trial.handle.signal(skipNodeSignal, { node: 'w13' });
      const held = await until(trial, ({ nodes }) => nodes.some((node) => node.name === 'w6' && node.state === 'held'));
      assert.equal(held.nodes.find((node) => node.name === 'w6')?.failure?.message, 'kubelet did not start');
      await trial.handle.signal(pauseSignal, { reason: 'lunch' });
      await until(trial, ({ nodes }) => nodes.every((node) => ['pending', 'done', 'held', 'skipped'].includes(node.state)));
      const before = (await trial.handle.query(reportQuery)).nodes.filter((node) => node.state === 'done').length;
      await trial.handle.signal(retryNodeSignal, { node: 'w6' });
      await until(trial, (status) => nodeState(status, 'w6') === 'done');
      const paused = await trial.handle.query(reportQuery);
      assert.equal(paused.state, 'paused');
      assert.equal(paused.nodes.filter((node) => node.state === 'done').length, before + 1);
      await trial.handle.signal(resumeSignal);
      await until(trial, ({ nodes }) => nodes.some((node) => node.name === 'w10' && node.state === 'held'));
      await trial.handle.signal(skipNodeSignal, { node: 'w10' });
      const report = await trial.handle.result();

      assert.equal(report.state, 'done');
      assert.deepEqual(report.nodes.filter((node) => node.state === 'skipped').map((node) => node.name), ['w10', 'w13']);
      assert.deepEqual(trial.cluster.journal.filter((entry) => entry.endsWith(' w6')),
        ['stageNode w6', 'upgradeKubeadm w6', 'drainNode w6', 'upgradeKubelet w6', 'waitNodeReady w6', 'uncordonNode w6']);
      assert.deepEqual([...trial.cluster.cordoned], []);
      assert.ok((await historyLengths(trial)).length >= 3);
    });
  });

  it('cancels nodes that an earlier run has started, releases cordon, taint and lock', async () => {
    const drain = stuckDrain('w2');
    await upgrade({ controlPlanes: 1, workers: 8, maxUnavailable: 3, limits: LIMITS, behave: drain.behave }, async (trial) => {
      await drain.reached;
      await untilNextRun(trial);
      await trial.handle.cancel();
      const report = await trial.handle.result();

      assert.equal(report.state, 'cancelled');
      assert.equal(report.nodes.find((node) => node.name === 'w2')?.state, 'skipped');
      assert.deepEqual([...trial.cluster.cordoned], []);
      assert.deepEqual(trial.cluster.journal.slice(-2), ['releaseTaints cluster', 'releaseLease cluster']);
    });
  });

  it('keeps decisions and what was set over boundaries, and hears an update and a cancel that come after one', async () => {
    const drain = stuckDrain('w2');
    const behave = async (step: string, node: string, call: number): Promise<void> => {
      if (step === 'upgradeKubelet' && node === 'w1' && call === 1) throw failing('kubelet did not start');
      return drain.behave(step, node, call);
    };
    await upgrade({ controlPlanes: 1, workers: 14, maxUnavailable: 4, limits: LIMITS, behave }, async (trial) => {
      const { handle } = trial;
      await handle.executeUpdate(setPolicyUpdate, { args: [{ maxUnavailable: 3, drainTimeout: '1h', by: 'ann' }] });
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      await handle.executeUpdate(resolveHoldUpdate, { args: [{ node: 'w1', decision: 'retry', by: 'bob' }] });
      await drain.reached;
      await untilNextRun(trial);
      await until(trial, (status) => nodeState(status, 'w1') === 'done');
      const status = await handle.query(statusQuery);
      assert.deepEqual(status.policy.find(({ pool }) => pool === 'default'), { pool: 'default', maxUnavailable: 3, drainTimeoutSeconds: 3600 });
      await handle.executeUpdate(setPolicyUpdate, { args: [{ drainTimeout: '2h', by: 'cy' }] });
      await until(trial, () => trial.cluster.drains.some(({ node, drain: { timeoutSeconds } }) => node.name === 'w2' && timeoutSeconds === 7200));
      await handle.signal(cancelSignal, { by: 'dan' });
      const report = await handle.result();

      assert.equal(report.state, 'cancelled');
      assert.deepEqual(report.decisions.map(({ kind, by }) => `${kind} ${by}`), ['set ann', 'retry bob', 'set cy', 'cancel dan']);
      assert.deepEqual([...trial.cluster.cordoned], []);
      assert.ok(trial.cluster.most() <= 3, `${trial.cluster.most()} at once`);
      assert.ok((await historyLengths(trial)).length >= 2);
    });
  });

  it('forces the drain of a node that an earlier run has started', async () => {
    const drain = stuckDrain('w2');
    await upgrade({ controlPlanes: 1, workers: 8, maxUnavailable: 3, limits: LIMITS, behave: drain.behave }, async (trial) => {
      await drain.reached;
      await untilNextRun(trial);
      await trial.handle.executeUpdate(resolveHoldUpdate, { args: [{ node: 'w2', decision: 'force-drain', confirm: trial.handle.workflowId.slice('upgrade/'.length) }] });
      await until(trial, () => trial.cluster.drains.some(({ force }) => force === true));
      drain.release();

      assert.equal((await trial.handle.result()).state, 'done');
      assert.deepEqual([...new Set(trial.cluster.drains.filter(({ force }) => force === true).map(({ node }) => node.name))], ['w2']);
    });
  });

  it('ends when it is cancelled, although somebody terminates the workflow of a node that an earlier run has started', async () => {
    const drain = stuckDrain('w2');
    const giving = gate();
    const terminated = gate();
    const behave = async (step: string, node: string, call: number): Promise<void> => {
      if (step !== 'uncordonNode' || node !== 'w2') return drain.behave(step, node, call);
      giving.open();
      await terminated.opened;
    };
    await upgrade({ controlPlanes: 1, workers: 8, maxUnavailable: 3, limits: LIMITS, behave }, async (trial) => {
      await drain.reached;
      await untilNextRun(trial);
      await trial.handle.cancel();
      await giving.opened;
      await trial.environment.client.workflow.getHandle(`${trial.handle.workflowId}/w2`).terminate('a person');
      terminated.open();

      assert.equal((await trial.handle.result()).state, 'cancelled');
    });
  });

  it('holds a node whose workflow somebody terminated after the run that started it was over, and goes on after retry', async () => {
    const drain = stuckDrain('w2');
    await upgrade({ controlPlanes: 1, workers: 8, maxUnavailable: 3, limits: LIMITS, behave: drain.behave }, async (trial) => {
      await drain.reached;
      await untilNextRun(trial);
      await until(trial, ({ nodes }) => nodes.every((node) => node.name === 'w2' || node.state === 'done'));
      await trial.environment.client.workflow.getHandle(`${trial.handle.workflowId}/w2`).terminate('a person');
      drain.release();
      const status = await until(trial, ({ state }) => state === 'held');
      assert.match(status.nodes.find((node) => node.name === 'w2')?.failure?.message ?? '', /ended without a result/);
      await trial.handle.signal(retryNodeSignal, { node: 'w2' });

      assert.equal((await trial.handle.result()).state, 'done');
    });
  });

  it('goes on in a new history where nothing but looking after nodes in flight has filled it', async () => {
    const stuck = Array.from({ length: 6 }, (_, index) => `w${index + 1}`);
    let isStuck = true;
    const behave = (step: string, node: string): void => {
      if (step === 'drainNode' && stuck.includes(node) && isStuck) throw new Error('a budget allows none now');
    };
    await upgrade({ controlPlanes: 1, workers: 10, maxUnavailable: 8, limits: { ...LIMITS, lookMs: 100 }, behave }, async (trial) => {
      await until(trial, ({ nodes }) => nodes.every((node) => stuck.includes(node.name) || node.state === 'done'));
      await untilNextRun(trial);
      isStuck = false;

      assert.equal((await trial.handle.result()).state, 'done');
      onceEach(trial, 10);
    });
  });

  it('hears the word on a held control-plane node although its history is full', async () => {
    const tries = 8;
    let tried = 0;
    const behave = (step: string, node: string): void => {
      if (step !== 'upgradeKubelet' || node !== 'cp2') return;
      tried += 1;
      if (tried < tries) throw failing('kubelet did not start');
    };
    await upgrade({ controlPlanes: 3, workers: 2, limits: LIMITS, behave }, async (trial) => {
      for (let failed = 1; failed < tries; failed += 1) {
        await until(trial, (status) => tried === failed && nodeState(status, 'cp2') === 'held');
        await trial.handle.signal(retryNodeSignal, { node: 'cp2' });
      }

      assert.equal((await trial.handle.result()).state, 'done');
      assert.equal(tried, tries);
      assert.ok(Math.max(...await historyLengths(trial)) > LIMITS.events);
    });
  });

  it('stages every node once over boundaries', async () => {
    const behave = (step: string, node: string, call: number): void => {
      if (step === 'stageNode' && node === 'w9' && call === 1) throw failing('disk is full');
    };
    await upgrade({ controlPlanes: 1, workers: 12, maxUnavailable: 5, limits: LIMITS, behave, spec: (spec) => ({ ...spec, staging: { width: 4 } }) }, async (trial) => {
      await until(trial, ({ state }) => state === 'held');
      await trial.handle.signal(retryNodeSignal, { node: 'w9' });

      assert.equal((await trial.handle.result()).state, 'done');
      onceEach(trial, 12);
    });
  });
});

function onceEach({ cluster }: Trial, workers: number): void {
  const seen = new Map<string, number>();
  for (const entry of cluster.journal) seen.set(entry, (seen.get(entry) ?? 0) + 1);
  for (let index = 1; index <= workers; index += 1) {
    for (const step of ['stageNode', 'upgradeKubeadm', 'drainNode', 'upgradeKubelet', 'waitNodeReady', 'uncordonNode']) assert.equal(seen.get(`${step} w${index}`), 1, `${step} w${index}`);
  }
  assert.equal(seen.get('taintNodes cluster'), 1);
  assert.equal(seen.get('releaseTaints cluster'), 1);
}

/** Events of every run of the upgrade, the last one first. */
async function historyLengths({ environment, handle }: Trial): Promise<number[]> {
  const lengths: number[] = [];
  for (let runId: string | undefined = (await handle.describe()).runId; runId !== undefined; ) {
    const { events = [] }: { events?: readonly HistoryEvent[] | null } = await environment.client.workflow.getHandle(handle.workflowId, runId).fetchHistory();
    lengths.push(events?.length ?? 0);
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
  }
  return lengths;
}

interface HistoryEvent {
  readonly workflowExecutionStartedEventAttributes?: { readonly continuedExecutionRunId?: string | null } | null;
}

async function untilNextRun({ handle }: Trial): Promise<void> {
  const { runId } = await handle.describe();
  while ((await handle.describe()).runId === runId) await new Promise((resolve) => { setTimeout(resolve, 50); });
}
