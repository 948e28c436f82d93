import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DECISION_KINDS, MOST_DECISIONS, packDecision, unpackDecision, withDecision } from '../../workflows/domain/decision.ts';
import type { Decision } from '../../workflows/domain/decision.ts';
import { detailOf, readMessage, readResolution } from '../../workflows/domain/operator-message.ts';

function refusal(kind: typeof DECISION_KINDS[number], given: unknown): string {
  const read = readMessage(kind, given);
  return read.ok ? assert.fail('accepted') : read.refusal;
}

describe('a message of a person', () => {
  it('is read with a default for each field that was not said', () => {
    for (const given of [undefined, null, {}, { reason: null, by: '' }]) {
      assert.deepEqual(readMessage('pause', given), { ok: true, message: { kind: 'pause', now: false, after: null, by: 'unknown', reason: '' } });
    }
    assert.deepEqual(readMessage('retry', { node: 'w1', from: 'drainNode', force: true, by: 'ann', reason: 'mended' }),
      { ok: true, message: { kind: 'retry', node: 'w1', from: 'drainNode', force: true, by: 'ann', reason: 'mended' } });
    assert.deepEqual(readMessage('set', { maxUnavailable: '20%', drainTimeout: '30m' }),
      { ok: true, message: { kind: 'set', pool: null, maxUnavailable: '20%', drainTimeout: '30m', by: 'unknown', reason: '' } });
  });

  const wrong = [
    ['pause', { node: 'w1' }, /^unknown field node; pause takes now, after, by, reason$/],
    ['skip', { nodes: ['w1'] }, /^unknown field nodes; skip takes node, by, reason$/],
    ['pause', { now: 'yes' }, /^now is a text, not a flag$/],
    ['skip', { node: 7 }, /^node is a number, not a text$/],
    ['set', { maxUnavailable: [3] }, /^maxUnavailable is a list, not a count or text$/],
    ['cancel', 'now', /^the message is a text, not a JSON object$/],
    ['resume', ['w1'], /^the message is a list, not a JSON object$/],
    ['rollback', { scope: 'cluster', yes: true }, /^unknown field yes; rollback takes scope, node, confirm, by, reason$/],
    ['rollback', { scope: 'cluster', confirm: true }, /^confirm is true or false, not a text$/],
    ['rollback', { scope: 'node', node: 7 }, /^node is a number, not a text$/],
    ['cancel', { constructor: 'x' }, /^unknown field constructor/],
  ] as const;
  for (const [kind, given, says] of wrong) {
    it(`is refused with the reason: ${kind} ${JSON.stringify(given)}`, () => { assert.match(refusal(kind, given), says); });
  }

  it('never throws, whatever somebody typed', () => {
    fc.assert(fc.property(fc.constantFrom(...DECISION_KINDS), fc.anything(), (kind, given) => {
      const read = readMessage(kind, given);
      assert.equal(JSON.stringify(JSON.parse(JSON.stringify(read))), JSON.stringify(read));
      readResolution(given);
    }));
  });

  it('takes a bounded place in the state, however long its texts are', () => {
    const read = readMessage('skip', { node: 'w'.repeat(5_000), reason: 'r'.repeat(50_000), by: 'b'.repeat(5_000) });
    assert.ok(JSON.stringify(read).length < 1_200);
    assert.ok(JSON.stringify(readMessage('pause', { ['f'.repeat(50_000)]: 1 })).length < 800);
  });

  it('shows what was asked for besides the node', () => {
    const details = ([['pause', { after: 'w1' }], ['pause', { now: true }], ['retry', { node: 'w1', from: 'drainNode', force: true }], ['set', { pool: 'gpu', maxUnavailable: 2, drainTimeout: '1h' }], ['cancel', {}], ['rollback', { scope: 'node', node: 'w1' }], ['rollback', { scope: 'workers' }]] as const)
      .map(([kind, given]) => {
        const read = readMessage(kind, given);
        return read.ok ? detailOf(read.message) : null;
      });
    assert.deepEqual(details, ['after w1', 'now', 'from drainNode, force', 'gpu.maxUnavailable=2 gpu.drainTimeout=1h', '', '', 'workers']);
  });
});

describe('a decision on a held node', () => {
  it('is the message that it names, with its fields', () => {
    assert.deepEqual(readResolution({ node: 'w1', decision: 'skip', by: 'ann' }), readMessage('skip', { node: 'w1', by: 'ann' }));
    assert.deepEqual(readResolution({ node: 'w1', decision: 'force-drain', confirm: 'prod' }), readMessage('force-drain', { node: 'w1', confirm: 'prod' }));
    assert.deepEqual(readResolution({ node: 'w1', decision: 'rollback', reason: 'broken' }), readMessage('rollback', { scope: 'node', node: 'w1', reason: 'broken' }));
  });
  it('is refused where it is none of them, or has a field of another', () => {
    for (const [given, says] of [[{ node: 'w1', decision: 'cancel' }, /decision is cancel; it is retry, skip, rollback, force-drain/], [{ node: 'w1' }, /decision is missing/], [null, /decision is missing/], [{ node: 'w1', decision: 'skip', from: 'drainNode' }, /unknown field from/]] as const) {
      const read = readResolution(given);
      assert.match(read.ok ? '' : read.refusal, says);
    }
  });
});

describe('the decisions of an upgrade', () => {
  const START = Date.parse('2026-01-01T10:00:00.000Z');
  const decision = (index: number): Decision => ({
    at: new Date(START + index * 1_000).toISOString(), kind: DECISION_KINDS[index % DECISION_KINDS.length] ?? 'pause', node: index % 2 === 0 ? null : `w${index}`,
    by: 'ann', reason: 'because', detail: 'now', refusal: index % 3 === 0 ? 'no' : null,
  });
  it('are the newest ones, in their order', () => {
    const all = Array.from({ length: MOST_DECISIONS + 7 }, (_, index) => decision(index));
    assert.deepEqual(all.reduce(withDecision, [] as readonly Decision[]), all.slice(7));
  });
  it('come back as they were packed', () => {
    for (let index = 0; index < 20; index += 1) assert.deepEqual(unpackDecision(JSON.parse(JSON.stringify(packDecision(decision(index), START))), START), decision(index));
  });
});
