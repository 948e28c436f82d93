import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decisionInAdvance } from '../../workflows/domain/on-failure.ts';
import { newClusterRun } from '../../workflows/domain/run.ts';
import type { ClusterRun, NodeRun } from '../../workflows/domain/run.ts';
import { FAILURE_STRATEGIES } from '../../workflows/domain/spec.ts';
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
      assert.equal(decisionInAdvance('skip-within-budget', of, held(of, 'w1', { step })), isBefore ? 'skip' : null, step);
    }
  });
  it('skips fewer workers than may be down at once, and none where that is one', () => {
    for (const [maxUnavailable, failed, skips] of [[1, [], false], [2, [], true], [2, ['w2'], false], [3, ['w2'], true], [3, ['w2', 'w3'], false]] as const) {
      const of = run(maxUnavailable, ...failed);
      assert.equal(decisionInAdvance('skip-within-budget', of, held(of, 'w1')), skips ? 'skip' : null, `${failed.length} of ${maxUnavailable}`);
    }
  });
  it('counts what a person has set meanwhile', () => {
    const of = run(1);
    of.control = { ...of.control, policy: [{ pool: 'default', maxUnavailable: 2, drainTimeoutSeconds: null }] };
    assert.equal(decisionInAdvance('skip-within-budget', of, held(of, 'w1')), 'skip');
  });
  it('asks where it is not known what the step did, where the node was lost, and for the control plane', () => {
    const of = run(3);
    assert.equal(decisionInAdvance('skip-within-budget', of, held(of, 'w1', { failure: { type: 'StepUnknown', message: '' } })), null);
    assert.equal(decisionInAdvance('skip-within-budget', of, held(of, 'w1', { step: null })), null);
    assert.equal(decisionInAdvance('skip-within-budget', run(3), held(run(3), 'cp1')), null);
  });
  it('is off where the spec says hold', () => {
    const of = run(3);
    assert.equal(decisionInAdvance('hold', of, held(of, 'w1')), null);
  });
});

describe('rollback-node', () => {
  it('takes a worker back wherever it failed after staging', () => {
    for (const step of NODE_STEPS) {
      const of = run(3);
      assert.equal(decisionInAdvance('rollback-node', of, held(of, 'w1', { step })), step === 'stageNode' ? null : 'rollback', step);
    }
  });
  it('takes fewer workers of a pool back than may be down at once, and then asks', () => {
    for (const [maxUnavailable, gone, decision] of [[1, [], 'rollback'], [1, ['w2'], null], [2, ['w2'], 'rollback'], [2, ['w2', 'w3'], null], [2, ['cp1', 'w2'], 'rollback']] as const) {
      const of = run(maxUnavailable);
      of.control = { ...of.control, rollbacks: gone.map((node) => ({ scope: 'node', node, by: 'the spec', reason: '', at: '' })) };
      assert.equal(decisionInAdvance('rollback-node', of, held(of, 'w1')), decision, `${gone.length} of ${maxUnavailable}`);
    }
  });
  it('asks where it is not known what the step did, where the node was lost, and for the control plane', () => {
    const of = run(3);
    assert.equal(decisionInAdvance('rollback-node', of, held(of, 'w1', { failure: { type: 'StepUnknown', message: '' } })), null);
    assert.equal(decisionInAdvance('rollback-node', of, held(of, 'w1', { step: null })), null);
    assert.equal(decisionInAdvance('rollback-node', of, held(of, 'cp1')), null);
  });
});

it('a worker that fails on its way back is left to a person, whatever the spec says', () => {
  for (const strategy of FAILURE_STRATEGIES) {
    const of = run(3);
    assert.equal(decisionInAdvance(strategy, of, held(of, 'w1', { step: 'drainNode', rollsBack: true })), null, strategy);
  }
});
