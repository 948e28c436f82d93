import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assignPools, selectorFits } from '../../workflows/domain/pools.ts';
import type { LabelRequirement } from '../../workflows/domain/spec.ts';
import { pool, worker } from './cluster.ts';

function requirement(key: string, operator: LabelRequirement['operator'], values: readonly string[] = []): LabelRequirement {
  return { key, operator, values };
}

describe('a label selector', () => {
  const labels = { pool: 'gpu', zone: 'a' };
  const rows: readonly { requirement: LabelRequirement; fits: boolean }[] = [
    { requirement: requirement('pool', 'In', ['cpu', 'gpu']), fits: true },
    { requirement: requirement('pool', 'In', ['cpu']), fits: false },
    { requirement: requirement('absent', 'In', ['']), fits: false },
    { requirement: requirement('pool', 'NotIn', ['cpu']), fits: true },
    { requirement: requirement('pool', 'NotIn', ['gpu']), fits: false },
    { requirement: requirement('absent', 'NotIn', ['gpu']), fits: true },
    { requirement: requirement('zone', 'Exists'), fits: true },
    { requirement: requirement('absent', 'Exists'), fits: false },
    { requirement: requirement('constructor', 'Exists'), fits: false },
    { requirement: requirement('absent', 'DoesNotExist'), fits: true },
    { requirement: requirement('zone', 'DoesNotExist'), fits: false },
  ];
  for (const { requirement: { key, operator, values }, fits } of rows) {
    it(`${fits ? 'fits' : 'does not fit'} by ${key} ${operator} ${values.join(',')}`, () => {
      assert.equal(selectorFits({ matchLabels: {}, matchExpressions: [{ key, operator, values }] }, labels), fits);
    });
  }

  it('wants all of its labels and conditions', () => {
    assert.equal(selectorFits({ matchLabels: { pool: 'gpu', zone: 'a' }, matchExpressions: [requirement('zone', 'Exists')] }, labels), true);
    assert.equal(selectorFits({ matchLabels: { pool: 'gpu', zone: 'b' }, matchExpressions: [] }, labels), false);
    assert.equal(selectorFits({ matchLabels: { pool: 'gpu' }, matchExpressions: [requirement('zone', 'DoesNotExist')] }, labels), false);
  });
});

describe('pools', () => {
  const workers = [worker('w-10'), worker('w-2', { labels: { pool: 'gpu' } }), worker('w-1')];

  it('take the workers that fit, the one without a selector takes the rest', () => {
    const { assignments, problems } = assignPools([pool('default', 1), pool('gpu', 1, { pool: 'gpu' })], workers);
    assert.deepEqual(assignments.map(({ pool: { name }, nodes }) => [name, ...nodes]), [['default', 'w-1', 'w-10'], ['gpu', 'w-2']]);
    assert.deepEqual(problems, []);
  });

  it('that overlap are a problem that names the node', () => {
    const { problems } = assignPools([pool('gpu', 1, { pool: 'gpu' }), pool('all', 1, {})], [worker('w-2', { labels: { pool: 'gpu' } })]);
    assert.match(problems[0]?.message ?? '', /w-2 fits the selectors of the pools gpu and all/);
    assert.equal(problems[0]?.path, 'spec.pools[1].selector');
  });

  it('that leave a worker out are a problem that names the node', () => {
    const { problems } = assignPools([pool('gpu', 1, { pool: 'gpu' })], workers);
    assert.deepEqual(problems.map(({ message }) => /worker (\S+)/.exec(message)?.[1]), ['w-10', 'w-1']);
  });

  it('have at most one without a selector', () => {
    const { problems } = assignPools([pool('a', 1), pool('b', 1)], workers);
    assert.deepEqual(problems.map(({ path }) => path), ['spec.pools[1]']);
  });
});
