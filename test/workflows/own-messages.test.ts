import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addTimes, newClusterRun } from '../../workflows/domain/run.ts';
import { packRun, unpackRun } from '../../workflows/domain/run-pack.ts';
import { reportOf, statusOf } from '../../workflows/domain/run-status.ts';
import { isNodePolicy, isNodeProgress, isNodeResult, isRestoreProgress } from '../../workflows/own-messages.ts';
import { testPlan } from './fake-cluster.ts';

const STEP = { step: 'upgradeKubelet', startedAt: '2026-11-21T07:00:00.000Z', seconds: 2, busySeconds: 1, attempts: 1, note: 'kubelet 1.34.4' };
const TOTAL = { startedAt: STEP.startedAt, steps: 1, seconds: 2, busySeconds: 1, attempts: 1 };
const TIMES = { steps: [STEP], busy: [[0, 1_000]], total: TOTAL };

function message(times: unknown, more: object = {}): unknown {
  return { upgrade: 'test', node: 'w1', retry: 0, result: { state: 'done', step: null, failure: null, times, ...more } };
}

describe('the result of a node', () => {
  it('is taken with times, a failure and what was forced', () => {
    assert.ok(isNodeResult(message(TIMES)));
    assert.ok(isNodeResult(message({ steps: [], busy: [], total: null }, { state: 'held', step: 'drainNode', failure: { type: 'DrainTimeout', message: 'two pods are left', next: 'look' }, drainForced: true })));
  });

  for (const [what, given] of [
    ['a span that is null', message({ ...TIMES, busy: [null] })], ['a span of texts', message({ ...TIMES, busy: [['a', 'b']] })], ['a span with one end', message({ ...TIMES, busy: [[1]] })],
    ['a span beyond every date', message({ ...TIMES, busy: [[0, 1e300]] })], ['a step that is null', message({ ...TIMES, steps: [null] })], ['a step without a start', message({ ...TIMES, steps: [{ ...STEP, startedAt: 'x' }] })],
    ['a total without numbers', message({ ...TIMES, total: {} })], ['endless seconds', message({ ...TIMES, total: { ...TOTAL, seconds: Infinity } })], ['more steps than there are', message({ ...TIMES, steps: Array.from({ length: 101 }, () => STEP) })],
    ['a note of a megabyte', message({ ...TIMES, steps: [{ ...STEP, note: 'x'.repeat(1024 * 1024) }] })], ['a failure of a megabyte', message(TIMES, { failure: { type: 'Unexpected', message: 'x'.repeat(1024 * 1024) } })],
    ['a failure whose next step is a list', message(TIMES, { failure: { type: 'Unexpected', message: 'x', next: [] } })], ['a state that is no end', message(TIMES, { state: 'draining' })], ['an unknown step', message(TIMES, { step: 'constructor' })],
    ['a flag that is a text', message(TIMES, { drainForced: 'yes' })], ['no times', message(undefined)],
  ] as const) it(`is refused with ${what}`, () => { assert.equal(isNodeResult(given), false); });

  it('that is taken is one that the upgrade can add up, show, report and hand to its next run, whatever else it holds', () => {
    const odd = fc.oneof(fc.constant(null), fc.string(), fc.double(), fc.boolean(), fc.constant({}), fc.constant([]));
    const part = <T>(value: T) => fc.oneof({ weight: 6, arbitrary: fc.constant<unknown>(value) }, { weight: 1, arbitrary: odd });
    const step = fc.record({ step: part('drainNode'), startedAt: part(STEP.startedAt), seconds: part(1), busySeconds: part(1), attempts: part(1), note: part('x') });
    const times = fc.record({ steps: fc.array(step, { maxLength: 3 }), busy: fc.array(fc.oneof(fc.tuple(fc.double(), fc.double()), odd), { maxLength: 3 }), total: fc.oneof(fc.constant(TOTAL), fc.constant(null), odd) });
    let taken = 0;
    fc.assert(fc.property(times, (given) => {
      const told = message(given);
      if (!isNodeResult(told)) return;
      taken += 1;
      const plan = testPlan(1, 1, 1);
      const run = newClusterRun('test', plan, STEP.startedAt);
      const [, node] = run.nodes;
      assert.ok(node);
      addTimes(run, node, told.result.times);
      statusOf(run, 'ada');
      reportOf(run, 'ada', STEP.startedAt);
      unpackRun(JSON.parse(JSON.stringify(packRun(run))), plan);
    }), { numRuns: 3_000 });
    assert.ok(taken > 100, `${taken}`);
  });
});

it('what no workflow sends is refused, whatever it is', () => {
  const any = fc.anything({ withBigInt: false, withNullPrototype: true, withTypedArray: true });
  fc.assert(fc.property(any, (given) => [isNodeResult, isNodeProgress, isNodePolicy, isRestoreProgress].every((isOne) => isOne(given) === false)), { numRuns: 2_000 });
});
