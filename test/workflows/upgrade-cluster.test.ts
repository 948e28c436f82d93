import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pauseSignal, reportQuery, resumeSignal, retryNodeSignal, skipNodeSignal } from '../../workflows/messages.ts';
import { failing, nodeState, stopped, stuckDrain, until, workflowTests } from './harness.ts';

const CONTROL_PLANE = (node: string, kubeadm: string): string[] => [
  `upgradeKubeadm ${node}`, `upgradeEtcdMember ${node}`, `${kubeadm} ${node}`, `drainNode ${node}`, `upgradeKubelet ${node}`,
  `waitNodeReady ${node}`, `uncordonNode ${node}`,
];
const WORKER = (node: string): string[] => [
  `upgradeKubeadm ${node}`, `drainNode ${node}`, `upgradeKubelet ${node}`, `waitNodeReady ${node}`, `uncordonNode ${node}`,
];

describe('upgradeCluster', { timeout: 600_000 }, () => {
  const { upgrade } = workflowTests();

  it('goes through preflight, snapshot, staging, followers, leader, add-ons, workers and verify in this order', async () => {
    await upgrade({ leader: 'cp1' }, async ({ handle, cluster }) => {
      const report = await handle.result();

      assert.equal(report.state, 'done');
      const staged = cluster.journal.filter((entry) => entry.startsWith('stageNode'));
      assert.deepEqual(staged.toSorted(), ['cp1', 'cp2', 'cp3', 'w1', 'w2'].map((node) => `stageNode ${node}`));
      assert.deepEqual(cluster.journal.filter((entry) => !entry.startsWith('stageNode')), [
        'acquireLease cluster', 'snapshotEtcd cluster', 'recordControlPlane cluster',
        ...CONTROL_PLANE('cp2', 'apply'), ...CONTROL_PLANE('cp3', 'node'), ...CONTROL_PLANE('cp1', 'node'),
        'upgradeAddon kube-proxy', 'upgradeAddon coredns',
        'taintNodes cluster', ...WORKER('w1'), ...WORKER('w2'), 'releaseTaints cluster', 'verifyCluster cluster', 'releaseLease cluster',
      ]);
      assert.ok(cluster.journal.lastIndexOf(staged.at(-1) ?? '') < cluster.journal.indexOf('drainNode cp2'));
    });
  });

  it('reports every step of every node with its attempts', async () => {
    await upgrade({}, async ({ handle }) => {
      const report = await handle.result();

      assert.deepEqual(report.nodes.find((node) => node.name === 'w1')?.steps.map((step) => step.step),
        ['stageNode', 'upgradeKubeadm', 'drainNode', 'upgradeKubelet', 'waitNodeReady', 'uncordonNode']);
      assert.ok(report.nodes.every((node) => node.steps.every((step) => step.attempts === 1)));
      assert.deepEqual(await handle.query(reportQuery).then((answer) => answer.state), 'done');
    });
  });

  it('keeps a window of maxUnavailable workers down and never more', async () => {
    await upgrade({ controlPlanes: 1, workers: 7, maxUnavailable: 3 }, async ({ handle, cluster }) => {
      await handle.result();

      assert.equal(cluster.most(), 3);
    });
  });

  it('holds a node that fails, starts nothing new, and goes on from the failed step after retry', async () => {
    const behave = (step: string, node: string, call: number): void => {
      if (step === 'upgradeKubelet' && node === 'w1' && call === 1) throw failing('kubelet did not start');
    };
    await upgrade({ controlPlanes: 1, behave }, async (trial) => {
      const status = await until(trial, ({ state }) => state === 'held');
      assert.equal(nodeState(status, 'w1'), 'held');
      assert.equal(nodeState(status, 'w2'), 'pending');
      assert.equal(status.nodes.find((node) => node.name === 'w1')?.failure?.message, 'kubelet did not start');
      await trial.handle.signal(retryNodeSignal, { node: 'w1', by: 'tester' });
      const report = await trial.handle.result();

      assert.equal(report.state, 'done');
      assert.deepEqual(trial.cluster.journal.filter((entry) => entry.endsWith(' w1')),
        ['stageNode w1', ...WORKER('w1')]);
    });
  });

  it('gives a skipped held worker back and finishes without it', async () => {
    const behave = (step: string, node: string): void => {
      if (step === 'drainNode' && node === 'w1') throw failing('budget web allows none');
    };
    await upgrade({ controlPlanes: 1, behave }, async (trial) => {
      await until(trial, ({ state }) => state === 'held');
      await trial.handle.signal(skipNodeSignal, { node: 'w1', by: 'tester' });
      const report = await trial.handle.result();

      assert.equal(report.state, 'done');
      assert.equal(report.nodes.find((node) => node.name === 'w1')?.state, 'skipped');
      assert.deepEqual([...trial.cluster.cordoned], []);
    });
  });

  it('never skips a control-plane node after its first change', async () => {
    const behave = (step: string, node: string, call: number): void => {
      if (step === 'drainNode' && node === 'cp2' && call === 1) throw failing('stuck');
    };
    await upgrade({ behave }, async (trial) => {
      await until(trial, ({ state }) => state === 'held');
      await trial.handle.signal(skipNodeSignal, { node: 'cp2' });
      await trial.handle.signal(retryNodeSignal, { node: 'cp2' });
      const report = await trial.handle.result();

      assert.equal(report.nodes.find((node) => node.name === 'cp2')?.state, 'done');
    });
  });

  it('does not start workers where a control-plane node was skipped', async () => {
    const behave = (step: string, node: string): void => {
      if (step === 'upgradeKubeadm' && node === 'cp3') throw failing('no package');
    };
    await upgrade({ behave }, async (trial) => {
      await until(trial, ({ state }) => state === 'held');
      await trial.handle.signal(skipNodeSignal, { node: 'cp3' });
      const report = await trial.handle.result();

      assert.equal(report.state, 'failed');
      assert.equal(report.failure?.type, 'PlanRefused');
      assert.ok(!trial.cluster.journal.includes('upgradeKubeadm w1'));
      assert.equal(trial.cluster.journal.at(-1), 'releaseLease cluster');
    });
  });

  it('lets the node in flight finish and starts no other while paused', async () => {
    const stop = stopped('drainNode', 'w1');
    await upgrade({ controlPlanes: 1, behave: stop.behave }, async (trial) => {
      await stop.reached;
      await trial.handle.signal(pauseSignal, { by: 'tester', reason: 'lunch' });
      await trial.handle.signal(pauseSignal, { by: 'tester' });
      stop.release();
      const status = await until(trial, (now) => nodeState(now, 'w1') === 'done');
      assert.equal(status.state, 'paused');
      assert.equal(status.pause?.reason, 'lunch');
      assert.equal(nodeState(status, 'w2'), 'pending');
      await trial.handle.signal(resumeSignal);

      assert.equal((await trial.handle.result()).state, 'done');
    });
  });

  it('stops a node at its next boundary when paused now', async () => {
    const stop = stopped('drainNode', 'w1');
    await upgrade({ controlPlanes: 1, behave: stop.behave }, async (trial) => {
      await stop.reached;
      await trial.handle.signal(pauseSignal, { now: true });
      await until(trial, ({ state }) => state === 'paused');
      const child = trial.environment.client.workflow.getHandle(`${trial.handle.workflowId}/w1`);
      await received(child, 'pause');
      stop.release();
      await received(child, 'drained');
      assert.ok(!trial.cluster.journal.includes('upgradeKubelet w1'));
      await trial.handle.signal(resumeSignal);

      assert.equal((await trial.handle.result()).state, 'done');
    });
  });

  it('ends a drain that waits when its node is skipped, and releases the cordon', async () => {
    const drain = stuckDrain('w1');
    await upgrade({ controlPlanes: 1, behave: drain.behave }, async (trial) => {
      await drain.reached;
      await trial.handle.signal(skipNodeSignal, { node: 'w1' });
      const report = await trial.handle.result();

      assert.equal(report.nodes.find((node) => node.name === 'w1')?.state, 'skipped');
      assert.deepEqual([...trial.cluster.cordoned], []);
      assert.ok(!trial.cluster.journal.includes('upgradeKubelet w1'));
    });
  });

  it('releases cordon and lock when it is cancelled in the middle of a drain', async () => {
    const drain = stuckDrain('w1');
    await upgrade({ controlPlanes: 1, behave: drain.behave }, async (trial) => {
      await drain.reached;
      await trial.handle.cancel();
      const report = await trial.handle.result();

      assert.equal(report.state, 'cancelled');
      assert.deepEqual([...trial.cluster.cordoned], []);
      assert.equal(trial.cluster.journal.at(-1), 'releaseLease cluster');
      assert.ok(!trial.cluster.journal.includes('upgradeKubeadm w2'));
    });
  });

  it('changes nothing where the cluster moved since the plan was approved, and says what moved', async () => {
    const approved = (plan: Parameters<NonNullable<Parameters<typeof upgrade>[0]['approved']>>[0]) => ({
      ...plan, hash: 'old', nodes: plan.nodes.filter((node) => node.name !== 'w2'),
    });
    await upgrade({ approved }, async ({ handle, cluster }) => {
      const report = await handle.result();

      assert.equal(report.failure?.type, 'ClusterMoved');
      assert.match(report.failure?.message ?? '', /node w2: new/);
      assert.deepEqual(cluster.journal, ['releaseLease cluster']);
    });
  });

  it('keeps a control-plane node within 120 events and 7 activities, a worker within 5, each besides its staging', async () => {
    await upgrade({}, async ({ handle, environment }) => {
      await handle.result();
      for (const [node, activities] of [['cp2', 7], ['w1', 5]] as const) {
        const child = environment.client.workflow.getHandle(`${handle.workflowId}/${node}`);
        const { events = [] } = await child.fetchHistory();
        const scheduled = (events ?? []).filter((event) => event.activityTaskScheduledEventAttributes);
        assert.ok((events ?? []).length <= 120, `${node}: ${(events ?? []).length} events`);
        assert.ok(scheduled.length <= activities, `${node}: ${scheduled.length} activities`);
      }
    });
  });
});

/** Waits until the node's workflow has had the pause signal, or has finished its drain. */
async function received(child: { fetchHistory(): Promise<{ events?: readonly object[] | null }> }, what: 'pause' | 'drained'): Promise<void> {
  for (;;) {
    const text = JSON.stringify((await child.fetchHistory()).events ?? []);
    if (what === 'pause' && text.includes('"signalName":"pause"')) return;
    if (what === 'drained' && (text.match(/activityTaskCompletedEventAttributes/g) ?? []).length >= 2) return;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}
