import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlockedDrain, RehearsalReport } from '../../simulator/rehearse/main.ts';
import type { UpgradeReport } from '../../workflows/domain/status.ts';
import { compareWithTruth } from './scenario/rehearsal-truth.ts';

const BLOCKED: BlockedDrain = { node: 'w1', budget: 'lab/web', workloads: ['lab/web'], reason: '', runs: 20, p50Seconds: 12, worstSeconds: 20 };
const NODE = { roles: ['worker'], pool: 'default', zone: null, startSeconds: 1, endSeconds: 2, endP90Seconds: 2, downSeconds: 1, drainSeconds: 1, heldRuns: 0 } as const;
const REHEARSED: RehearsalReport = {
  cluster: 'lab', from: 'v1.33.13', to: 'v1.34.4', planHash: '', source: 'cluster', timings: 'lab', seed: 1, runs: 20, outcome: 'done',
  finish: { p50Seconds: 400, p90Seconds: 450 }, stagedSeconds: 20, held: [], drains: [BLOCKED], nodes: [{ ...NODE, name: 'w2' }, { ...NODE, name: 'w1' }],
  pending: [], evictions: { pods: 6, perPod: 1, worst: null }, unavailable: { nodes: [{ pool: 'default', zone: null, most: 1 }], replicas: [] }, notes: [],
};

function report(...order: readonly string[]): UpgradeReport {
  const step = (name: string, second: number) => ({ step: name, startedAt: `2026-11-21T08:00:0${second}.000Z`, seconds: 1, busySeconds: 1, attempts: 1, note: '' });
  return {
    cluster: 'lab', from: 'v1.33.13', to: 'v1.34.4', state: 'done', startedAt: '2026-11-21T08:00:00.000Z', startedBy: '', planHash: '', steps: [], decisions: [], snapshot: null, failure: null, findings: [],
    overheadSeconds: 1, wallSeconds: 440,
    nodes: ['w1', 'w2'].map((name) => ({ name, roles: ['worker'], state: 'done', steps: [step('stageNode', 0), step('upgradeKubeadm', 1 + order.indexOf(name))], total: null })),
  };
}

test('a rehearsal that said what then happened has no differences, and a ratio of the times', () => {
  const compared = compareWithTruth(REHEARSED, report('w2', 'w1'), { blocked: new Set(['w1 lab/web']), down: new Map([['default', 1]]) });
  assert.deepEqual(compared, { differences: [], timeRatio: 1.1 });
});

test('another order, a drain that did not wait or was not foreseen, and more nodes down are differences', () => {
  const { differences } = compareWithTruth(REHEARSED, report('w1', 'w2'), { blocked: new Set(['w2 lab/other']), down: new Map([['default', 2]]) });
  assert.deepEqual(differences, [
    'order: rehearsed w2 w1, was w1 w2',
    'the drain of w1 was to wait for lab/web, and did not',
    'the drain of w2 waited for lab/other, which was not rehearsed',
    'nodes of default down at once: rehearsed 1, were 2',
  ]);
});
