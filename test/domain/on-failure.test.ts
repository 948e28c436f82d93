import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isSkippedByStrategy } from '../../workflows/domain/on-failure.ts';
import { newClusterRun } from '../../workflows/domain/run.ts';
import type { ClusterRun, NodeRun } from '../../workflows/domain/run.ts';
import { NODE_STEPS } from '../../workflows/domain/state.ts';
import { testPlan } from '../workflows/fake-cluster.ts';

const FAILURE = { type: 'HostStepFailed', message: 'no package' } as const;

function run(maxUnavailable: number, ...failed: readonly string[]): ClusterRun {
  const state = newClusterRun('id', testPlan(1, 6, maxUnavailable), '2026-01-01T10:00:00.000Z');
  for (const node of state.nodes) if (failed.includes(node.name)) Object.assign(node, { state: 'skipped', failure: FAILURE });
  return state;
}

function held(of: ClusterRun, name: string, parts: Partial<NodeRun> = {}): NodeRun {
  const node = of.nodes.find((own) => own.name === name) ?? assert.fail(name);
  return Object.assign(node, { state: 'held', step: 'upgradeKubeadm', failure: FAILURE, ...parts });
}

describe('skip-within-budget', () => {
  it('skips a worker that failed before its first change, and asks for one that failed later', () => {
    for (const step of NODE_STEPS) {
      const of = run(3);
      const isBefore = ['stageNode', 'upgradeKubeadm', 'upgradeEtcdMember', 'upgradeControlPlane', 'cordonNode', 'drainNode'].includes(step);
      assert.equal(isSkippedByStrategy('skip-within-budget', of, held(of, 'w1', { step })), isBefore, step);
    }
  });
  it('skips fewer workers than may be down at once, and none where that is one', () => {
    for (const [maxUnavailable, failed, skips] of [[1, [], false], [2, [], true], [2, ['w2'], false], [3, ['w2'], true], [3, ['w2', 'w3'], false]] as const) {
      const of = run(maxUnavailable, ...failed);
      assert.equal(isSkippedByStrategy('skip-within-budget', of, held(of, 'w1')), skips, `${failed.length} of ${maxUnavailable}`);
    }
  });
  it('counts what a person has set meanwhile', () => {
    const of = run(1);
    of.control = { ...of.control, policy: [{ pool: 'default', maxUnavailable: 2, drainTimeoutSeconds: null }] };
    assert.ok(isSkippedByStrategy('skip-within-budget', of, held(of, 'w1')));
  });
  it('asks where it is not known what the step did, where the node was lost, and for the control plane', () => {
    const of = run(3);
    assert.ok(!isSkippedByStrategy('skip-within-budget', of, held(of, 'w1', { failure: { type: 'StepUnknown', message: '' } })));
    assert.ok(!isSkippedByStrategy('skip-within-budget', of, held(of, 'w1', { step: null })));
    assert.ok(!isSkippedByStrategy('skip-within-budget', run(3), held(run(3), 'cp1')));
  });
  it('is off where the spec says hold', () => {
    const of = run(3);
    assert.ok(!isSkippedByStrategy('hold', of, held(of, 'w1')));
  });
});
