import { ApplicationFailure } from '@temporalio/common';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import { retryNodeSignal, skipNodeSignal } from '../../workflows/messages.ts';
import { gate, nodeState, until, workflowTests } from './harness.ts';

/** Watches which workers are between the beginning of a step and the end of another. */
function overlaps(from: string, to: string) {
  const inside = new Set<string>();
  const seen: string[] = [];
  return {
    seen,
    behave: async (step: string, node: string): Promise<void> => {
      if (step === from && node.startsWith('w')) {
        inside.add(node);
        seen.push([...inside].toSorted().join('+'));
        await new Promise((resolve) => { setTimeout(resolve, 100); });
      }
      if (step === to) inside.delete(node);
    },
  };
}

function inZones(plan: UpgradePlan, perZone: Readonly<Record<string, number>>): UpgradePlan {
  const zones = Object.keys(perZone);
  return {
    ...plan,
    nodes: plan.nodes.map((node, index) => (node.pool === null ? node : { ...node, zone: zones[index % zones.length] ?? null })),
    phases: plan.phases.map((phase) => (phase.phase === 'workers' ? { ...phase, maxUnavailablePerZone: perZone } : phase)),
  };
}

describe('the window of a pool', { timeout: 600_000 }, () => {
  const { upgrade } = workflowTests();

  it('starts the longest drain first, and by name where they are the same', async () => {
    const drains = (nodes: readonly string[]) => ({ allowed: [], rows: nodes.map((node) => [node === 'w3' ? 90 : 10]) });
    await upgrade({ controlPlanes: 1, workers: 4, maxUnavailable: 2, drains }, async ({ handle, cluster }) => {
      await handle.result();

      const started = cluster.journal.filter((entry) => entry.startsWith('upgradeKubeadm w'));
      assert.deepEqual(started.slice(0, 2).toSorted(), ['upgradeKubeadm w1', 'upgradeKubeadm w3']);
    });
  });

  it('does not drain together what one budget has no room for, and goes on as soon as one is drained', async () => {
    // w1 and w2 share a budget that lets one pod go; the others have none of it.
    const drains = (nodes: readonly string[]) => ({ allowed: [1], rows: nodes.map((node) => (node === 'w1' || node === 'w2' ? [60, 0, 1] : [10])) });
    const draining = overlaps('drainNode', 'upgradeKubelet');
    const kubelet = gate();
    const behave = async (step: string, node: string): Promise<void> => {
      await draining.behave(step, node);
      // w1 is drained, and stays with its kubelet until w2 has begun.
      if (step === 'upgradeKubelet' && node === 'w1') await kubelet.opened;
      if (step === 'upgradeKubeadm' && node === 'w2') kubelet.open();
    };
    await upgrade({ controlPlanes: 1, workers: 4, maxUnavailable: 3, drains, behave }, async ({ handle }) => {
      assert.equal((await handle.result()).state, 'done');

      assert.ok(draining.seen.every((together) => !(together.includes('w1') && together.includes('w2'))), draining.seen.join(' '));
    });
  });

  it('takes no more nodes of a zone down than it may', async () => {
    const down = overlaps('drainNode', 'uncordonNode');
    await upgrade({ controlPlanes: 1, workers: 6, maxUnavailable: 4, behave: down.behave, plan: (plan) => inZones(plan, { a: 1, b: 1 }) }, async ({ handle, plan }) => {
      await handle.result();

      const zoneOf = (name: string) => plan.nodes.find((node) => node.name === name)?.zone;
      for (const together of down.seen) {
        const zones = together.split('+').map(zoneOf);
        assert.equal(new Set(zones).size, zones.length, `${together} are in ${zones.join(', ')}`);
      }
    });
  });

  it('goes on without knowledge of drains where it cannot be had', async () => {
    const drains = (): never => { throw ApplicationFailure.create({ message: 'forbidden', type: 'ApiForbidden', nonRetryable: true }); };
    await upgrade({ controlPlanes: 1, workers: 3, maxUnavailable: 2, drains }, async ({ handle }) => {
      assert.equal((await handle.result()).state, 'done');
    });
  });

  it('takes the soft taint off all nodes where a worker was skipped before its turn, and before it verifies', async () => {
    await upgrade({ controlPlanes: 1, workers: 3 }, async ({ handle, cluster }) => {
      await handle.signal(skipNodeSignal, { node: 'w3' });
      await handle.result();

      assert.deepEqual(cluster.journal.slice(-3), ['releaseTaints cluster', 'verifyCluster cluster', 'releaseLease cluster']);
    });
  });

  it('takes the soft taint off where a held upgrade is cancelled', async () => {
    const behave = (step: string, node: string): void => {
      if (step === 'upgradeKubelet' && node === 'w1') throw ApplicationFailure.create({ message: 'no', type: 'HostStepFailed', nonRetryable: true });
    };
    await upgrade({ controlPlanes: 1, workers: 3, behave }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      await trial.handle.cancel();

      assert.equal((await trial.handle.result()).state, 'cancelled');
      assert.deepEqual(trial.cluster.journal.slice(-3), ['uncordonNode w1', 'releaseTaints cluster', 'releaseLease cluster']);
    });
  });

  it('keeps the slot of a held node for its retry: no other node starts in its place', async () => {
    const behave = (step: string, node: string, call: number): void => {
      if (step === 'upgradeKubelet' && node === 'w1' && call === 1) throw ApplicationFailure.create({ message: 'no', type: 'HostStepFailed', nonRetryable: true });
    };
    await upgrade({ controlPlanes: 1, workers: 2, behave }, async (trial) => {
      await until(trial, (status) => nodeState(status, 'w1') === 'held');
      await trial.handle.signal(retryNodeSignal, { node: 'w1' });
      await trial.handle.result();

      const { journal } = trial.cluster;
      assert.ok(journal.indexOf('upgradeKubeadm w2') > journal.indexOf('uncordonNode w1'), journal.join(', '));
    });
  });

  it('does without the soft taint where it may not be set, and says so', async () => {
    const behave = (step: string): void => {
      if (step === 'taintNodes') throw ApplicationFailure.create({ message: 'no right to patch', type: 'ApiForbidden', nonRetryable: true });
    };
    await upgrade({ controlPlanes: 1, behave }, async ({ handle }) => {
      const report = await handle.result();

      assert.equal(report.state, 'done');
      assert.match(report.findings.find((finding) => finding.check === 'soft-taint')?.message ?? '', /no right to patch/);
    });
  });
});
