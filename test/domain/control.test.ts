import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { applyMessage } from '../../workflows/domain/apply-message.ts';
import type { Controlled } from '../../workflows/domain/apply-message.ts';
import { endForceDrain, isDrainForced, isSkipped, NO_CONTROL, reachPause, takeRetry } from '../../workflows/domain/control.ts';
import type { ControlState } from '../../workflows/domain/control.ts';
import { readMessage } from '../../workflows/domain/operator-message.ts';
import type { DecisionKind } from '../../workflows/domain/decision.ts';
import { NODE_STATES, NODE_STEPS } from '../../workflows/domain/state.ts';
import type { ControlledNode, UpgradeFacts } from '../../workflows/domain/upgrade-facts.ts';
import { testPlan } from '../workflows/fake-cluster.ts';

const AT = '2026-01-01T10:00:00.000Z';
const LATER = '2026-01-01T11:00:00.000Z';

function node(name: string, parts: Partial<ControlledNode> = {}): ControlledNode {
  return {
    name, roles: ['worker'], state: 'pending', step: null, changed: false, inFlight: false, tellsSteps: true, drained: false, drains: true, releasing: false, rollsBack: false, ...parts,
  };
}

function facts(nodes: readonly ControlledNode[], parts: Partial<UpgradeFacts> = {}): UpgradeFacts {
  return {
    cluster: 'prod', plan: testPlan(1, 10, 2), phase: 'workers', phasesDone: ['preflight', 'snapshot', 'control-plane'], approval: null, isEnding: false, isStopped: false, snapshot: { node: 'cp1', file: '/s.db' },
    node: (name) => nodes.find((other) => other.name === name) ?? null,
    rollbackNodes: () => nodes.map(({ name, roles, state, step, changed, rollsBack }) => ({ name, roles, state, step, changed, rollsBack, from: 'v1.33.13', to: 'v1.34.4', changes: true })),
    ...parts,
  };
}

function say(control: ControlState, kind: DecisionKind, given: object, known: UpgradeFacts = facts([]), at = AT): Controlled {
  const read = readMessage(kind, given);
  assert.ok(read.ok, JSON.stringify(read));
  return applyMessage(control, read.message, known, at);
}

function said(...words: Parameters<typeof say>): ControlState {
  const { control, refusal } = say(...words);
  assert.equal(refusal, null);
  return control;
}

function refused(...words: Parameters<typeof say>): string {
  const { control, refusal } = say(...words);
  assert.equal(control, words[0]);
  return refusal ?? assert.fail('accepted');
}

describe('a pause', () => {
  it('keeps who asked first, and can only become stricter', () => {
    const once = said(NO_CONTROL, 'pause', { by: 'ann', reason: 'lunch' });
    assert.deepEqual(once.pause, { by: 'ann', reason: 'lunch', at: AT, now: false });
    const twice = said(once, 'pause', { by: 'bob', now: true }, facts([]), LATER);
    assert.deepEqual(twice.pause, { by: 'ann', reason: 'lunch', at: AT, now: true });
    assert.deepEqual(said(twice, 'pause', {}, facts([]), LATER), twice);
  });

  it('after a node begins when that node ends, once', () => {
    const asked = said(NO_CONTROL, 'pause', { after: 'w-1', by: 'ann' }, facts([node('w-1')]));
    assert.equal(asked.pause, null);
    assert.equal(reachPause(asked, 'w-2', LATER), asked);
    const reached = reachPause(asked, 'w-1', LATER);
    assert.equal(reached.pause?.at, LATER);
    assert.equal(reached.pause?.reason, 'after w-1');
    assert.equal(reachPause(reached, 'w-1', LATER), reached);
  });

  it('that has begun ends once the cluster was read again, which resume asks for, once', () => {
    const paused = said(NO_CONTROL, 'pause', {});
    const asked = said(paused, 'resume', { by: 'ann', reason: 'back' });
    assert.deepEqual(asked, { ...paused, resume: { by: 'ann', reason: 'back', at: AT, ignoreNew: false } });
    assert.deepEqual(said(asked, 'resume', { by: 'bob' }, facts([]), LATER), asked);
    assert.deepEqual(said(asked, 'resume', { by: 'bob', ignoreNew: true }, facts([]), LATER).resume, { by: 'bob', reason: '', at: LATER, ignoreNew: true });
    assert.deepEqual(said(asked, 'pause', { by: 'bob' }, facts([]), LATER), paused);
  });

  it('that was asked for while another one is on stays when that one ends', () => {
    const paused = said(NO_CONTROL, 'pause', { by: 'ann' });
    const resumed = said(said(paused, 'pause', { after: 'workers' }), 'resume', {});
    assert.deepEqual([resumed.resume === null, resumed.pauseAfter?.after], [false, 'workers']);
  });

  it('that was asked for and has not begun is taken back by resume', () => {
    assert.deepEqual(said(said(NO_CONTROL, 'pause', { after: 'workers' }), 'resume', {}), NO_CONTROL);
  });

  it('after a roll back is refused where none of all workers was asked for', () => {
    assert.match(refused(NO_CONTROL, 'pause', { after: 'rolling-back' }), /no roll back of all workers was asked for/);
    const back = said(NO_CONTROL, 'rollback', { scope: 'workers' }, facts([node('w-1', { state: 'done' })]));
    assert.equal(said(back, 'pause', { after: 'rolling-back' }).pauseAfter?.after, 'rolling-back');
  });

  for (const [after, says] of [
    ['w-9', /neither a node nor a phase/], ['verify', /neither a node nor a phase/], ['done', /neither/],
    ['w-1', /w-1 is done already/], ['w-2', /w-2 is skipped already/], ['snapshot', /the phase snapshot is over/], ['control-plane', /is over/],
  ] as const) {
    it(`is refused after ${after}, which will not end any more`, () => {
      assert.match(refused(NO_CONTROL, 'pause', { after }, facts([node('w-1', { state: 'done' }), node('w-2', { state: 'skipped' })])), says);
    });
  }
  it('is allowed after every node and phase that is still to end', () => {
    for (const after of ['w-1', 'workers', 'addons']) assert.equal(said(NO_CONTROL, 'pause', { after }, facts([node('w-1', { state: 'held' })])).pauseAfter?.after, after);
  });
});

describe('a yes', () => {
  const waiting = (kind: 'start' | 'growth'): UpgradeFacts => facts([], { approval: { planHash: 'abc', kind, reason: 'the plan grew: w-9', growth: { lines: ['w-9: new'], more: 0 } } });
  it('is to the plan that waits and to no other, and counts once', () => {
    const approved = said(NO_CONTROL, 'approve', { planHash: 'abc', by: 'ann' }, waiting('growth'));
    assert.deepEqual(approved, { ...NO_CONTROL, approved: { planHash: 'abc', by: 'ann', reason: '', at: AT } });
    assert.equal(said(approved, 'approve', { planHash: 'abc', by: 'bob' }, waiting('growth'), LATER), approved);
    assert.match(refused(NO_CONTROL, 'approve', { planHash: 'abd' }, waiting('growth')), /^the plan that waits for approval is abc, not abd: abd is not a plan hash/);
    assert.match(refused(NO_CONTROL, 'approve', { planHash: 'a1'.repeat(32) }, waiting('start')), /a plan hash of the former form, which covered neither the spec nor the files/);
    assert.equal(refused(NO_CONTROL, 'approve', {}, waiting('start')), 'the plan that waits for approval is abc, not one without a hash');
    assert.equal(refused(NO_CONTROL, 'approve', { planHash: 'abc' }), 'no plan waits for approval');
  });
  it('is what an upgrade waits for that nobody said yes to: resume does not begin it', () => {
    assert.match(refused(NO_CONTROL, 'resume', {}, waiting('start')), /waits for approval before the first change: `capstan approve`/);
  });
});

describe('skipping a node', () => {
  const controlPlane = (parts: Partial<ControlledNode>): UpgradeFacts => facts([node('cp-1', { roles: ['etcd', 'control-plane'], ...parts })]);
  it('is refused for a control-plane node after its first change, and allowed before', () => {
    assert.ok(isSkipped(said(NO_CONTROL, 'skip', { node: 'cp-1' }, controlPlane({})), 'cp-1'));
    assert.match(refused(NO_CONTROL, 'skip', { node: 'cp-1' }, controlPlane({ state: 'held', changed: true })), /retry it instead/);
  });
  it('that is done, skipped, unknown or not named is refused with the reason', () => {
    for (const nodes of [[], [node('w-1', { state: 'done' })], [node('w-1', { state: 'skipped' })], [node('w-1', { state: 'rolled-back' })]]) {
      assert.match(refused(NO_CONTROL, 'skip', { node: 'w-1' }, facts(nodes)), /w-1/);
    }
    assert.equal(refused(NO_CONTROL, 'skip', {}), 'no node is named');
  });
  it('takes back a retry that nobody acted on', () => {
    const known = facts([node('w-1', { state: 'held' })]);
    assert.deepEqual(said(said(NO_CONTROL, 'retry', { node: 'w-1' }, known), 'skip', { node: 'w-1' }, known).retry, []);
  });
});

describe('taking back', () => {
  const held = facts([node('w-1', { state: 'held', step: 'upgradeKubelet', changed: true }), node('w-2')]);
  it('a held node is kept to the end, and takes the place of other decisions on it', () => {
    const others = said(NO_CONTROL, 'skip', { node: 'w-1' }, held);
    const { rollbacks, skip } = said(others, 'rollback', { scope: 'node', node: 'w-1', by: 'ann', reason: 'broken' }, held);
    assert.deepEqual(rollbacks, [{ scope: 'node', node: 'w-1', by: 'ann', reason: 'broken', at: AT }]);
    assert.deepEqual(skip, []);
  });
  it('the same node twice is refused, and changes nothing', () => {
    const once = said(NO_CONTROL, 'rollback', { scope: 'node', node: 'w-1' }, held);
    assert.match(refused(once, 'rollback', { scope: 'node', node: 'w-1' }, held), /w-1 is going back already/);
  });
  it('all workers leaves decisions on single nodes as they are', () => {
    const retried = said(NO_CONTROL, 'retry', { node: 'w-1' }, held);
    const all = said(retried, 'rollback', { scope: 'workers' }, held);
    assert.deepEqual(all.rollbacks.map(({ scope, node: named }) => [scope, named]), [['workers', null]]);
    assert.deepEqual(all.retry, retried.retry);
  });
  it('is refused with the reason where it cannot be done', () => {
    const releasing = facts([node('w-1', { state: 'held', releasing: true })]);
    assert.match(refused(NO_CONTROL, 'rollback', { scope: 'node', node: 'w-1' }, releasing), /is being given back/);
    assert.match(refused(NO_CONTROL, 'rollback', { scope: 'node', node: 'w-2' }, held), /w-2 has not begun/);
    assert.match(refused(NO_CONTROL, 'rollback', { scope: 'cluster' }, held), /this upgrade has not changed the control plane/);
    assert.match(refused(NO_CONTROL, 'rollback', { scope: 'node', node: 'w-1' }, { ...held, isEnding: true }), /is ending already/);
    const cancelled = said(NO_CONTROL, 'cancel', { by: 'ann' }, held);
    assert.match(refused(cancelled, 'rollback', { scope: 'node', node: 'w-1' }, held), /is being cancelled/);
  });
});

describe('retrying a node', () => {
  it('never begins after the step that failed: what lies between was not done', () => {
    const held = facts([node('w-1', { state: 'held', step: 'drainNode' })]);
    assert.match(refused(NO_CONTROL, 'retry', { node: 'w-1', from: 'uncordonNode' }, held), /uncordonNode comes after drainNode, at which w-1 is held/);
    assert.equal(say(NO_CONTROL, 'retry', { node: 'w-1', from: 'upgradeKubeadm' }, held).refusal, null);
    assert.match(refused(NO_CONTROL, 'retry', { node: 'w-1', from: 'drainNode' }, facts([node('w-1', { state: 'held', step: null })])), /drainNode comes after upgradeKubeadm/);
  });
  const known = facts([node('w-1', { state: 'held' })]);
  it('takes back a skip: the last word counts', () => {
    const retried = said(said(NO_CONTROL, 'skip', { node: 'w-1' }, known), 'retry', { node: 'w-1' }, known);
    assert.deepEqual([isSkipped(retried, 'w-1'), retried.retry.length], [false, 1]);
  });
  it('is for held nodes only', () => {
    for (const state of NODE_STATES) {
      const { control, refusal } = say(NO_CONTROL, 'retry', { node: 'w-1' }, facts([node('w-1', { state })]));
      assert.equal(control.retry.length, state === 'held' ? 1 : 0, state);
      assert.equal(refusal === null, state === 'held', state);
    }
  });
  it('is refused while the node is given back after a skip', () => {
    assert.match(refused(NO_CONTROL, 'retry', { node: 'w-1' }, facts([node('w-1', { state: 'held', releasing: true })])), /is being given back/);
  });
  it('from a step that does not exist does nothing and lists the steps', () => {
    assert.match(refused(NO_CONTROL, 'retry', { node: 'w-1', from: 'reboot' }, known), /no step reboot; steps are .*drainNode/);
  });
  it('from the step of a roll back is for a node that is on its way back', () => {
    assert.equal(said(NO_CONTROL, 'retry', { node: 'w-1', from: 'rollbackNode' }, facts([node('w-1', { state: 'held', step: 'rollbackNode', rollsBack: true })])).retry.length, 1);
    assert.match(refused(NO_CONTROL, 'retry', { node: 'w-1', from: 'rollbackNode' }, known), /w-1 is not on its way back, so it has no step rollbackNode/);
  });
  it('is acted on once', () => {
    const taken = takeRetry(said(NO_CONTROL, 'retry', { node: 'w-1', from: 'drainNode', force: true, by: 'ann' }, facts([node('w-1', { state: 'held', step: 'upgradeKubelet' })])), 'w-1');
    assert.deepEqual(taken.retry, { node: 'w-1', from: 'drainNode', force: true, forceDrain: false });
    assert.equal(takeRetry(taken.control, 'w-1').retry, null);
  });
});

describe('forcing a drain', () => {
  const confirmed = { node: 'w-1', confirm: 'prod', by: 'ann' };
  it('of a node held in its drain is a retry of the drain', () => {
    const control = said(NO_CONTROL, 'force-drain', confirmed, facts([node('w-1', { state: 'held', step: 'drainNode' })]));
    assert.deepEqual(control.retry, [{ node: 'w-1', from: 'drainNode', force: false, forceDrain: true }]);
    assert.deepEqual(control.forceDrain, []);
  });
  it('of a node whose drain runs is kept until the node ends', () => {
    const control = said(NO_CONTROL, 'force-drain', confirmed, facts([node('w-1', { state: 'draining', step: 'drainNode', inFlight: true })]));
    assert.ok(isDrainForced(control, 'w-1'));
    assert.deepEqual(endForceDrain(control, 'w-1', false), NO_CONTROL);
  });
  it('that came too late for the drain decides about the node that is held now', () => {
    const control = said(NO_CONTROL, 'force-drain', confirmed, facts([node('w-1', { state: 'draining', step: 'drainNode', inFlight: true })]));
    assert.deepEqual(takeRetry(endForceDrain(control, 'w-1', true), 'w-1').retry, { node: 'w-1', from: 'drainNode', force: false, forceDrain: true });
  });
  it('never happens without the very name of the cluster', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.constantFrom('Prod', ' prod', 'prod ', 'w-1', '')), (confirm) => {
      fc.pre(confirm !== 'prod');
      assert.match(refused(NO_CONTROL, 'force-drain', { node: 'w-1', confirm }, facts([node('w-1', { state: 'held', step: 'drainNode' })])), /not the name of the cluster, prod$/);
    }));
    assert.match(refused(NO_CONTROL, 'force-drain', { node: 'w-1' }, facts([node('w-1', { state: 'held', step: 'drainNode' })])), /confirm is missing/);
  });
  it('is refused everywhere but in the drain', () => {
    for (const state of NODE_STATES) {
      for (const step of NODE_STEPS) {
        const inFlight = !['pending', 'done', 'skipped', 'held'].includes(state);
        const { refusal } = say(NO_CONTROL, 'force-drain', confirmed, facts([node('w-1', { state, step, inFlight })]));
        const isInDrain = state === 'draining' || (state === 'held' && step === 'drainNode');
        assert.equal(refusal === null, isInDrain, `${state} at ${step}: ${refusal}`);
      }
    }
    assert.match(refused(NO_CONTROL, 'force-drain', confirmed, facts([node('w-1', { state: 'draining', inFlight: true, drains: false })])), /drain\.enabled: false/);
  });
  it('of a node that does not tell its steps is accepted until it is known to be drained', () => {
    const quiet = node('w-1', { state: 'preparing', inFlight: true, tellsSteps: false });
    assert.ok(isDrainForced(said(NO_CONTROL, 'force-drain', confirmed, facts([quiet])), 'w-1'));
    assert.match(refused(NO_CONTROL, 'force-drain', confirmed, facts([{ ...quiet, drained: true }])), /not in its drain/);
  });
});

describe('cancelling', () => {
  it('keeps who did it first, and refuses every other word from then on', () => {
    const control = said(NO_CONTROL, 'cancel', { by: 'ann', reason: 'wrong cluster' });
    assert.deepEqual(control.cancel, { by: 'ann', reason: 'wrong cluster', at: AT });
    assert.deepEqual(said(control, 'cancel', { by: 'bob' }, facts([]), LATER), control);
    for (const kind of ['pause', 'resume', 'skip', 'retry', 'force-drain', 'set'] as const) {
      assert.match(refused(control, kind, {}), /being cancelled since 2026-01-01T10:00:00\.000Z, by ann/);
    }
  });
  it('is refused once there is nothing left to cancel', () => {
    assert.match(refused(NO_CONTROL, 'cancel', {}, facts([], { isEnding: true })), /is ending already/);
  });
});

describe('every message', () => {
  const held = facts([node('w-1', { state: 'held', step: 'drainNode' })]);
  const message = fc.constantFrom<(control: ControlState) => ControlState>(
    (control) => say(control, 'pause', { by: 'ann' }).control,
    (control) => say(control, 'pause', { now: true }).control,
    (control) => say(control, 'pause', { after: 'w-1' }, held).control,
    (control) => say(control, 'resume', {}).control,
    (control) => say(control, 'skip', { node: 'w-1' }, held).control,
    (control) => say(control, 'skip', { node: 'nobody' }).control,
    (control) => say(control, 'retry', { node: 'w-1' }, held).control,
    (control) => say(control, 'force-drain', { node: 'w-1', confirm: 'prod' }, held).control,
    (control) => say(control, 'set', { maxUnavailable: 3 }).control,
    (control) => say(control, 'set', { pool: 'default', drainTimeout: '1h' }).control,
    (control) => say(control, 'cancel', { by: 'ann' }).control,
  );
  it('is harmless twice, and leaves plain JSON', () => {
    fc.assert(fc.property(fc.array(message), message, (history, last) => {
      const once = last(history.reduce((control, apply) => apply(control), NO_CONTROL));
      assert.deepEqual(last(once), once);
      assert.deepEqual(JSON.parse(JSON.stringify(once)), once);
    }));
  });
});
