import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { applyMessage } from '../../workflows/domain/apply-message.ts';
import { NO_CONTROL } from '../../workflows/domain/control.ts';
import type { ControlState } from '../../workflows/domain/control.ts';
import { DECISION_KINDS } from '../../workflows/domain/decision.ts';
import type { DecisionKind } from '../../workflows/domain/decision.ts';
import { readMessage } from '../../workflows/domain/operator-message.ts';
import { applyRestoreMessage, NO_RESTORE_CONTROL, restoreRefusal, withoutDecided } from '../../workflows/domain/restore-message.ts';
import type { RestoreControl, RestoredNode, RestoreFacts } from '../../workflows/domain/restore-message.ts';
import { testPlan } from '../workflows/fake-cluster.ts';

const AT = '2026-01-01T10:00:00.000Z';
const HELD: Readonly<Record<string, RestoredNode>> = {
  cp1: { roles: ['etcd', 'control-plane'], state: 'held', step: 'startControlPlane' }, cp2: { roles: ['etcd', 'control-plane'], state: 'pending', step: null },
  w1: { roles: ['worker'], state: 'held', step: 'restoreWorker' },
};

function facts(parts: Partial<RestoreFacts> = {}): RestoreFacts {
  return { isStopped: true, isEnding: false, cancel: null, node: (name) => (Object.hasOwn(HELD, name) ? HELD[name] ?? null : null), ...parts };
}

function say(control: RestoreControl, kind: DecisionKind, given: object, known = facts()): { readonly control: RestoreControl; readonly refusal: string | null } {
  const read = readMessage(kind, given);
  assert.ok(read.ok, JSON.stringify(read));
  return applyRestoreMessage(control, read.message, known, AT);
}

describe('a restore hears', () => {
  it('the retry of a held node, once however often it is said', () => {
    const { control } = say(NO_RESTORE_CONTROL, 'retry', { node: 'cp1', by: 'ann' });
    assert.deepEqual(control, { ...NO_RESTORE_CONTROL, retry: ['cp1'] });
    assert.deepEqual(say(control, 'retry', { node: 'cp1' }).control, control);
    assert.deepEqual(say(control, 'retry', { node: 'cp1', from: 'startControlPlane' }).control, control);
    assert.deepEqual(withoutDecided(control, 'cp1'), NO_RESTORE_CONTROL);
  });
  it('the skip of a held worker, which a later retry replaces', () => {
    const { control } = say(NO_RESTORE_CONTROL, 'skip', { node: 'w1' });
    assert.deepEqual(control.skip, ['w1']);
    assert.deepEqual(say(control, 'retry', { node: 'w1' }).control, { ...NO_RESTORE_CONTROL, retry: ['w1'] });
  });
  it('a cancel until the control plane is stopped, and nothing after it', () => {
    const { control } = say(NO_RESTORE_CONTROL, 'cancel', { by: 'ann', reason: 'wrong one' }, facts({ isStopped: false }));
    assert.deepEqual(control.cancel, { by: 'ann', reason: 'wrong one', at: AT });
    assert.match(say(control, 'retry', { node: 'cp1' }, facts({ isStopped: false, cancel: control.cancel })).refusal ?? '', /being cancelled since .*, by ann/);
  });
});

describe('a restore refuses', () => {
  const cases: readonly (readonly [DecisionKind, object, Partial<RestoreFacts>, RegExp])[] = [
    ['cancel', {}, {}, /cannot be left like this. `capstan retry NODE`/], ['cancel', {}, { isStopped: false, isEnding: true }, /ending already/],
    ['retry', { node: 'cp2' }, {}, /cp2 is pending, not held/], ['retry', { node: 'cp9' }, {}, /no node cp9 in this restore/], ['retry', {}, {}, /no node is named/],
    ['retry', { node: 'cp1', from: 'prepareRestore' }, {}, /held at startControlPlane, and a restore goes on there/], ['retry', { node: 'cp1', force: true }, {}, /force is for/],
    ['skip', { node: 'cp1' }, {}, /cannot be left out of a restore/], ['skip', { node: 'cp2' }, {}, /not held/],
    ['pause', {}, {}, /hears no pause/], ['rollback', { scope: 'cluster', confirm: 'prod' }, {}, /hears no rollback/], ['set', { maxUnavailable: 2 }, {}, /hears no set/],
  ];
  for (const [kind, given, parts, says] of cases) {
    it(`${kind} ${JSON.stringify(given)} ${JSON.stringify(parts)}`, () => {
      const { control, refusal } = say(NO_RESTORE_CONTROL, kind, given, facts(parts));
      assert.match(refusal ?? '', says);
      assert.equal(control, NO_RESTORE_CONTROL);
    });
  }
  it('to be left half-way, whatever is said once the control plane is stopped', () => {
    fc.assert(fc.property(fc.constantFrom(...DECISION_KINDS), fc.constantFrom('cp1', 'cp2', 'w1', 'x'), (kind, node) => {
      const read = readMessage(kind, kind === 'retry' || kind === 'skip' ? { node } : {});
      assert.ok(read.ok);
      const { control } = applyRestoreMessage(NO_RESTORE_CONTROL, read.message, facts(), AT);
      assert.equal(control.cancel, null);
      assert.ok(control.skip.every((name) => !name.startsWith('cp')));
    }));
  });
});

describe('an upgrade that goes back as a whole', () => {
  const restoring: ControlState = { ...NO_CONTROL, rollbacks: [{ scope: 'cluster', node: null, by: 'ann', reason: '', at: AT }] };
  const known = {
    cluster: 'prod', plan: testPlan(1, 1, 1), phase: 'rolling-back', phasesDone: [], isEnding: false, snapshot: { node: 'cp1', file: '/s.db' }, rollbackNodes: () => [],
    node: (name: string) => {
      const node = facts().node(name);
      return node === null ? null : { name, ...node, changed: true, inFlight: false, tellsSteps: true, drained: false, drains: true, releasing: false, rollsBack: false };
    },
  } as const;
  it('asks the same as the restore that it runs', () => {
    for (const isStopped of [true, false]) {
      for (const [kind, given] of [['retry', { node: 'cp1' }], ['skip', { node: 'w1' }], ['skip', { node: 'cp1' }], ['cancel', {}], ['pause', {}], ['rollback', { scope: 'workers' }]] as const) {
        const read = readMessage(kind, given);
        assert.ok(read.ok);
        assert.equal(applyMessage(restoring, read.message, { ...known, isStopped }, AT).refusal, restoreRefusal(read.message, facts({ isStopped })), kind);
      }
    }
  });
  it('waits for nothing that was said before: no pause, no skip, no retry', () => {
    const before: ControlState = { ...NO_CONTROL, pause: { by: 'ann', reason: '', at: AT, now: true }, skip: [{ node: 'w1', by: 'ann', reason: '' }], retry: [{ node: 'cp1', from: null, force: false, forceDrain: false }] };
    const read = readMessage('rollback', { scope: 'cluster', confirm: 'prod', by: 'bob', reason: 'errors' });
    assert.ok(read.ok);
    const nodes = [{ name: 'cp1', roles: ['control-plane'], state: 'done', step: null, from: 'v1.33.13', to: 'v1.34.4', changes: true, changed: true, rollsBack: false }] as const;
    const { control, refusal } = applyMessage(before, read.message, { ...known, phase: 'workers', isStopped: false, rollbackNodes: () => nodes }, AT);
    assert.equal(refusal, null);
    assert.deepEqual(control, { ...NO_CONTROL, rollbacks: [{ scope: 'cluster', node: null, by: 'bob', reason: 'errors', at: AT }] });
  });
});
