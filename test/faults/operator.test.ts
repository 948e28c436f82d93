import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { randomOf } from '../../simulator/random.ts';
import { comesBefore, NODE_STEPS } from '../../workflows/domain/state.ts';
import type { NodeStep, Role } from '../../workflows/domain/state.ts';
import { HOLD_DECISIONS } from './invariants/events.ts';
import { choose } from './run/decide.ts';
import { countsOf, saidText } from './run/operator.ts';
import { dealWords, WORDS, wordText } from './run/words.ts';
import type { PlacedWord } from './run/words.ts';

const WORKERS = ['w1', 'w2', 'w3'];
const SEEDS = Array.from({ length: 600 }, (_, seed) => seed);
const dealt = (seed: number): readonly PlacedWord[] => dealWords({ random: randomOf(seed, 'words'), workers: WORKERS, controlPlanes: 3, widest: 2 });
const ROLES: readonly (readonly Role[])[] = [['worker'], ['control-plane', 'etcd']];
const STEPS = NODE_STEPS.filter((step) => step !== 'rollbackNode' && step !== 'cordonNode');

describe('what the person of a seed says', () => {
  test('is nothing in most seeds, and every word in some', () => {
    const all = SEEDS.map(dealt);
    assert.ok(all.filter((words) => words.length === 0).length > SEEDS.length / 2);
    assert.deepEqual([...new Set(all.flat().map(({ word }) => word))].toSorted(), [...WORDS].toSorted());
  });

  test('is the same every time', () => {
    for (const seed of SEEDS.slice(0, 50)) assert.deepEqual(dealt(seed), dealt(seed));
  });

  test('names a worker where a word is about one, and never another node', () => {
    for (const { word, node } of SEEDS.flatMap(dealt)) {
      if (node !== null) assert.ok(WORKERS.includes(node), word);
      if (word === 'skip' || word === 'rollback') assert.notEqual(node, null, word);
    }
  });

  test('widens the window no further than it may be', () => {
    for (const { policy } of SEEDS.flatMap(dealt)) if (policy !== null) assert.ok(policy.maxUnavailable >= 1 && policy.maxUnavailable <= 2, String(policy.maxUnavailable));
  });

  test('is cancelled only when the control plane has been begun through', () => {
    for (const { word, afterCordons } of SEEDS.flatMap(dealt)) if (word === 'cancel') assert.ok(afterCordons >= 3, String(afterCordons));
  });
});

describe('what is decided about a held node', () => {
  const anyHold = fc.record({ seed: fc.nat(), roles: fc.constantFrom(...ROLES), step: fc.constantFrom<NodeStep | null>(null, ...STEPS), mayGiveUp: fc.boolean() });

  test('gives up no control-plane node, and nothing that must stay', () => {
    fc.assert(fc.property(anyHold, ({ seed, roles, step, mayGiveUp }) => {
      const { decision } = choose({ roles, step }, randomOf(seed), mayGiveUp);
      if (decision === 'skip' || decision === 'rollback') assert.ok(mayGiveUp && roles.includes('worker'), decision);
      if (decision === 'force-drain') assert.ok(step === 'drainNode' && roles.includes('worker'), String(step));
    }));
  });

  test('tries again from no step after the one that failed', () => {
    fc.assert(fc.property(anyHold, ({ seed, roles, step, mayGiveUp }) => {
      const { decision, from } = choose({ roles, step }, randomOf(seed), mayGiveUp);
      assert.equal(decision === 'retry-from', from !== null);
      if (from !== null) assert.ok(step !== null && !comesBefore(step, from), `${from} after ${String(step)}`);
    }));
  });

  test('is each of the decisions for some seed', () => {
    const taken = new Set(SEEDS.map((seed) => choose({ roles: ['worker'], step: 'drainNode' }, randomOf(seed), true).decision));
    assert.deepEqual([...taken].toSorted(), [...HOLD_DECISIONS].toSorted());
  });
});

test('what was said is shown as a person types it', () => {
  const word: PlacedWord = { word: 'set', node: null, phase: null, afterCordons: 2, delayMs: 0, policy: { maxUnavailable: 2, drainTimeout: '12s' } };
  assert.equal(wordText(word), 'set maxUnavailable=2 drainTimeout=12s');
  assert.equal(wordText({ ...word, word: 'pause --after', policy: null, phase: 'workers' }), 'pause --after workers');
  assert.equal(saidText({ said: [{ ...word, word: 'skip', policy: null, node: 'w2' }], decisions: ['retry', 'force-drain'] }), 'skip w2, retry, force-drain');
  assert.deepEqual(countsOf(['retry', 'skip', 'retry']), ['retry 2', 'skip 1']);
});
