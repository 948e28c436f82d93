import { WorkflowUpdateFailedError } from '@temporalio/client';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reportQuery, resolveHoldUpdate, setPolicyUpdate, statusQuery } from '../../workflows/messages.ts';
import type { ResolveHoldMessage, SetPolicyMessage } from '../../workflows/messages.ts';
import { failing, gate, nodeState, stuckDrain, until, workflowTests } from './harness.ts';
import type { Trial } from './harness.ts';

function resolve({ handle, environment }: Trial, message: object): Promise<unknown> {
  return environment.client.workflow.getHandle(handle.workflowId).executeUpdate(resolveHoldUpdate.name, { args: [message] });
}

function set({ handle }: Trial, message: SetPolicyMessage) {
  return handle.executeUpdate(setPolicyUpdate, { args: [message] });
}

/** Refused with this reason, and neither state nor decisions have changed. */
async function refuses(trial: Trial, call: () => Promise<unknown>, reason: RegExp): Promise<void> {
  const before = await trial.handle.query(statusQuery);
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof WorkflowUpdateFailedError);
    assert.match(error.cause?.message ?? '', reason);
    return true;
  });
  assert.deepEqual(await trial.handle.query(statusQuery), before);
}

describe('a decision on a held node', { timeout: 600_000 }, () => {
  const { upgrade } = workflowTests();

  it('is answered, noted with who and why, and done', async () => {
    const behave = (step: string, node: string, call: number): void => {
      if (step === 'upgradeKubelet' && node === 'w1' && call === 1) throw failing('kubelet did not start');
      if (step === 'drainNode' && node === 'w2') throw failing('no room');
    };
    await upgrade({ controlPlanes: 1, workers: 3, behave }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      const message: ResolveHoldMessage = { node: 'w1', decision: 'retry', from: 'upgradeKubelet', by: 'ann', reason: 'swap is off now' };
      const decision = await trial.handle.executeUpdate(resolveHoldUpdate, { args: [message] });
      assert.deepEqual({ ...decision, at: '' }, { at: '', kind: 'retry', node: 'w1', by: 'ann', reason: 'swap is off now', detail: 'from upgradeKubelet', refusal: null });
      await until(trial, (status) => nodeState(status, 'w2') === 'held');
      await resolve(trial, { node: 'w2', decision: 'skip', by: 'bob' });
      const report = await trial.handle.result();

      assert.deepEqual(report.nodes.map(({ name, state }) => `${name} ${state}`), ['cp1 done', 'w1 done', 'w2 skipped', 'w3 done']);
      assert.deepEqual(report.decisions.map(({ kind, node, by }) => `${kind} ${node} ${by}`), ['retry w1 ann', 'skip w2 bob']);
    });
  });

  it('is refused with the reason where it cannot be taken, and changes nothing', async () => {
    const behave = (step: string, node: string): void => {
      if (step === 'upgradeKubelet' && node === 'w1') throw failing('kubelet did not start');
    };
    await upgrade({ controlPlanes: 1, workers: 3, behave }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      const cluster = trial.handle.workflowId.slice('upgrade/'.length);
      for (const [message, reason] of [
        [{ node: 'w2', decision: 'retry' }, /^w2 is pending, not held$/], [{ node: 'w2', decision: 'skip' }, /^w2 is pending, not held$/], [{ node: 'cp1', decision: 'retry' }, /^cp1 is done, not held$/],
        [{ node: 'w9', decision: 'retry' }, /^no node w9/], [{ node: 'w1', decision: 'retry', from: 'dance' }, /^no step dance; steps are/],
        [{ node: 'w1', decision: 'reboot' }, /^decision is reboot; it is retry, skip, rollback, force-drain$/], [{ node: 'w1', decision: 'retry', step: 'drainNode' }, /^unknown field step; retry takes/],
        [{ node: 'w1', decision: 'force-drain', confirm: 'another' }, /^confirm is another, not the name of the cluster/],
        [{ node: 'w1', decision: 'force-drain', confirm: cluster }, /^w1 is held at upgradeKubelet, not in its drain$/],
      ] as const) await refuses(trial, () => resolve(trial, message), reason);
      await resolve(trial, { node: 'w1', decision: 'skip' });

      assert.equal((await trial.handle.result()).state, 'done');
    });
  });

  it('is not what only workflows tell one another: sent by hand, it stops nothing', async () => {
    const drained = gate();
    const behave = async (step: string, node: string): Promise<void> => {
      if (step === 'drainNode' && node === 'w1') await drained.opened;
    };
    await upgrade({ controlPlanes: 1, behave }, async (trial) => {
      const before = await until(trial, (status) => nodeState(status, 'w1') === 'draining');
      const node = trial.environment.client.workflow.getHandle(`${trial.handle.workflowId}/w1`);
      for (const given of [[], [null], ['w1'], [{ node: 'w1' }], [{ node: 'w1', upgrade: before.planHash, retry: 0, result: { state: 'done' } }], [{ stopped: true, nodes: [null] }]]) {
        for (const signal of ['nodeProgress', 'nodeResult', 'restoreProgress']) await trial.handle.signal(signal, ...given);
        await node.signal('nodePolicy', ...given);
      }
      assert.deepEqual(await trial.handle.query(statusQuery), before);
      drained.open();

      assert.equal((await trial.handle.result()).state, 'done');
    });
  });

  it('that comes as a signal with an unknown field changes nothing, and is noted with the reason', async () => {
    const behave = (step: string, node: string): void => {
      if (step === 'upgradeKubelet' && node === 'w1') throw failing('kubelet did not start');
    };
    await upgrade({ controlPlanes: 1, behave }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      await trial.handle.signal('skipNode', { node: 'w1', nodes: ['w2'], by: 'ann' });
      await trial.handle.signal('pause', { after: 'cp1', by: 'ann' });
      const status = await trial.handle.query(statusQuery);
      assert.equal(nodeState(status, 'w1'), 'held');
      assert.deepEqual(status.decisions.map(({ kind, node, by, refusal }) => [kind, node, by, refusal]), [
        ['skip', 'w1', 'ann', 'unknown field nodes; skip takes node, by, reason'], ['pause', null, 'ann', 'cp1 is done already'],
      ]);
      await trial.handle.signal('skipNode', { node: 'w1' });

      assert.equal((await trial.handle.result()).state, 'done');
    });
  });
});

describe('forcing a drain', { timeout: 600_000 }, () => {
  const { upgrade } = workflowTests();

  it('never happens by itself, neither at first nor when it is retried', async () => {
    const behave = (step: string, node: string, call: number): void => {
      if (step === 'drainNode' && node === 'w1' && call <= 2) throw failing('budget web allows none');
    };
    await upgrade({ controlPlanes: 1, behave }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      await resolve(trial, { node: 'w1', decision: 'retry' });
      await until(trial, (status) => nodeState(status, 'w1') === 'held' && status.decisions.length === 1 && trial.cluster.drains.length === 3);
      await resolve(trial, { node: 'w1', decision: 'retry' });
      await trial.handle.result();

      assert.deepEqual(trial.cluster.drains.map(({ node, force }) => [node.name, force ?? false]), [['cp1', false], ['w1', false], ['w1', false], ['w1', false], ['w2', false]]);
    });
  });

  it('deletes on a node that is held in its drain, on this node alone', async () => {
    const behave = (step: string, node: string, call: number): void => {
      if (step === 'drainNode' && node === 'w1' && call === 1) throw failing('budget web allows none');
    };
    await upgrade({ controlPlanes: 1, behave }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      await resolve(trial, { node: 'w1', decision: 'force-drain', confirm: trial.handle.workflowId.slice('upgrade/'.length), by: 'ann', reason: 'web is down anyway' });
      const report = await trial.handle.result();

      assert.deepEqual(trial.cluster.drains.map(({ node, force }) => [node.name, force ?? false]), [['cp1', false], ['w1', false], ['w1', true], ['w2', false]]);
      assert.deepEqual(report.decisions.map(({ kind, node, by, reason }) => [kind, node, by, reason]), [['force-drain', 'w1', 'ann', 'web is down anyway']]);
    });
  });

  it('reaches a drain that runs, which begins anew with it', async () => {
    const reached = gate();
    let isForced = false;
    const behave = (step: string, node: string): void => {
      if (step !== 'drainNode' || node !== 'w1' || isForced) return;
      reached.open();
      throw new Error('a budget allows none now');
    };
    await upgrade({ controlPlanes: 1, behave }, async (trial) => {
      await reached.opened;
      await until(trial, (status) => nodeState(status, 'w1') === 'draining');
      await resolve(trial, { node: 'w1', decision: 'force-drain', confirm: trial.handle.workflowId.slice('upgrade/'.length) });
      await until(trial, () => trial.cluster.drains.some(({ force }) => force === true));
      isForced = true;
      const report = await trial.handle.result();

      assert.equal(report.nodes.find(({ name }) => name === 'w1')?.state, 'done');
      assert.deepEqual(trial.cluster.drains.filter(({ force }) => force === true).map(({ node }) => node.name).filter((name) => name !== 'w1'), []);
    });
  });
});

describe('what is set while an upgrade runs', { timeout: 600_000 }, () => {
  const { upgrade } = workflowTests();

  it('widens the window at once, and is shown', async () => {
    const first = stuckDrain('w1');
    await upgrade({ controlPlanes: 1, workers: 6, behave: first.behave }, async (trial) => {
      await first.reached;
      const decision = await set(trial, { maxUnavailable: 3, by: 'ann', reason: 'the night is short' });
      assert.equal(decision.detail, 'maxUnavailable=3');
      const status = await until(trial, ({ nodes }) => nodes.filter(({ name, state }) => name.startsWith('w') && state === 'done').length >= 2);
      assert.deepEqual(status.policy, [{ pool: 'default', maxUnavailable: 3, drainTimeoutSeconds: null }]);
      first.release();

      assert.equal((await trial.handle.result()).state, 'done');
      assert.ok(trial.cluster.most() > 1 && trial.cluster.most() <= 3, `${trial.cluster.most()} at once`);
      assert.ok(trial.cluster.drains.filter(({ node }) => node.name.startsWith('w') && node.name !== 'w1').every(({ maxUnavailable }) => maxUnavailable === 3));
    });
  });

  it('narrows the window: no node starts before fewer are in flight', async () => {
    const reached = gate();
    const narrowed = gate();
    let began = 0;
    const behave = async (step: string, node: string): Promise<void> => {
      if (step !== 'drainNode' || !node.startsWith('w')) return;
      began += 1;
      if (began === 3) reached.open();
      if (began <= 3) await narrowed.opened;
    };
    await upgrade({ controlPlanes: 1, workers: 8, maxUnavailable: 3, behave }, async (trial) => {
      await reached.opened;
      await set(trial, { pool: 'default', maxUnavailable: 1 });
      const most: number[] = [];
      const { cordoned } = trial.cluster;
      const add = cordoned.add.bind(cordoned);
      cordoned.add = (name) => {
        add(name);
        most.push(cordoned.size);
        return cordoned;
      };
      narrowed.open();

      assert.equal((await trial.handle.result()).state, 'done');
      assert.deepEqual(most.filter((size) => size > 1), []);
    });
  });

  it('gives a drain that runs its new time, and later drains as well', async () => {
    const first = stuckDrain('w1');
    await upgrade({ controlPlanes: 1, behave: first.behave }, async (trial) => {
      await first.reached;
      await set(trial, { drainTimeout: '1h' });
      await until(trial, () => trial.cluster.drains.some(({ node, drain }) => node.name === 'w1' && drain.timeoutSeconds === 3600));
      first.release();
      await trial.handle.result();

      assert.deepEqual(trial.cluster.drains.filter(({ node }) => node.name === 'w2').map(({ drain }) => drain.timeoutSeconds), [3600]);
      assert.equal(trial.cluster.journal.filter((entry) => entry === 'drainNode w1').length, 1);
    });
  });

  it('is refused out of range, with the reason, and changes nothing', async () => {
    const first = stuckDrain('w1');
    await upgrade({ controlPlanes: 1, workers: 4, behave: first.behave }, async (trial) => {
      await first.reached;
      await until(trial, (status) => nodeState(status, 'w1') === 'draining');
      for (const [message, reason] of [
        [{ maxUnavailable: 4 }, /default\.maxUnavailable: 4 is not below the total/], [{ drainTimeout: '30h' }, /longer than 24h/], [{}, /nothing is set/],
        [{ pool: 'gpu', maxUnavailable: 1 }, /no pool gpu/], [{ maxUnavailable: 2, drainTimeout: 'soon' }, /soon is no duration/],
      ] as const) await refuses(trial, () => set(trial, message), reason);
      first.release();

      assert.deepEqual((await trial.handle.result()).decisions, []);
      assert.deepEqual((await trial.handle.query(reportQuery)).state, 'done');
    });
  });
});
