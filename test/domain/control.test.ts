import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { applyPause, applyResume, applyRetry, applySkip, isSkipped, NO_CONTROL, reachPause, takeRetry } from '../../workflows/domain/control.ts';
import type { ControlledNode, ControlState } from '../../workflows/domain/control.ts';
import { NODE_STATES } from '../../workflows/domain/state.ts';

const AT = '2026-01-01T10:00:00.000Z';
const LATER = '2026-01-01T11:00:00.000Z';

function node(name: string, parts: Partial<ControlledNode> = {}): ControlledNode {
  return { name, roles: ['worker'], state: 'pending', changed: false, ...parts };
}

describe('a pause', () => {
  it('keeps who asked first, and can only become stricter', () => {
    const once = applyPause(NO_CONTROL, { by: 'ann', reason: 'lunch' }, AT);
    assert.deepEqual(once.pause, { by: 'ann', reason: 'lunch', at: AT, now: false });
    const twice = applyPause(once, { by: 'bob', now: true }, LATER);
    assert.deepEqual(twice.pause, { by: 'ann', reason: 'lunch', at: AT, now: true });
    assert.deepEqual(applyPause(twice, {}, LATER), twice);
  });

  it('after a node begins when that node ends, once', () => {
    const asked = applyPause(NO_CONTROL, { after: 'w-1', by: 'ann' }, AT);
    assert.equal(asked.pause, null);
    assert.equal(reachPause(asked, 'w-2', LATER), asked);
    const reached = reachPause(asked, 'w-1', LATER);
    assert.equal(reached.pause?.at, LATER);
    assert.equal(reached.pause?.reason, 'after w-1');
    const resumed = applyResume(reached);
    assert.deepEqual(reachPause(resumed, 'w-1', LATER), resumed);
  });

  it('ends with resume, asked for or begun', () => {
    assert.deepEqual(applyResume(applyPause(NO_CONTROL, {}, AT)), NO_CONTROL);
    assert.deepEqual(applyResume(applyPause(NO_CONTROL, { after: 'workers' }, AT)), NO_CONTROL);
  });
});

describe('skipping a node', () => {
  it('is refused for a control-plane node after its first change, and allowed before', () => {
    const before = applySkip(NO_CONTROL, { node: 'cp-1' }, node('cp-1', { roles: ['etcd', 'control-plane'] }));
    assert.ok(isSkipped(before.control, 'cp-1'));
    const after = applySkip(NO_CONTROL, { node: 'cp-1' }, node('cp-1', { roles: ['etcd', 'control-plane'], state: 'held', changed: true }));
    assert.deepEqual(after.control, NO_CONTROL);
    assert.match(after.warning ?? '', /retry it instead/);
  });
  it('that is done or unknown does nothing and says so', () => {
    for (const named of [null, node('w-1', { state: 'done' }), node('w-1', { state: 'skipped' }), node('w-1', { state: 'rolled-back' })]) {
      const { control, warning } = applySkip(NO_CONTROL, { node: 'w-1' }, named);
      assert.equal(control, NO_CONTROL);
      assert.match(warning ?? '', /w-1/);
    }
  });
  it('takes back a retry that nobody acted on', () => {
    const retried = applyRetry(NO_CONTROL, { node: 'w-1' }, node('w-1', { state: 'held' })).control;
    assert.deepEqual(applySkip(retried, { node: 'w-1' }, node('w-1', { state: 'held' })).control.retry, []);
  });
});

describe('retrying a node', () => {
  it('takes back a skip: the last word counts', () => {
    const skipped = applySkip(NO_CONTROL, { node: 'w-1' }, node('w-1', { state: 'held' })).control;
    const retried = applyRetry(skipped, { node: 'w-1' }, node('w-1', { state: 'held' })).control;
    assert.deepEqual([isSkipped(retried, 'w-1'), retried.retry.length], [false, 1]);
  });
  it('is for held nodes only', () => {
    for (const state of NODE_STATES) {
      const { control, warning } = applyRetry(NO_CONTROL, { node: 'w-1' }, node('w-1', { state }));
      assert.equal(control.retry.length, state === 'held' ? 1 : 0, state);
      assert.equal(warning === null, state === 'held', state);
    }
  });
  it('from a step that does not exist does nothing and lists the steps', () => {
    const { control, warning } = applyRetry(NO_CONTROL, { node: 'w-1', from: 'reboot' }, node('w-1', { state: 'held' }));
    assert.equal(control, NO_CONTROL);
    assert.match(warning ?? '', /no step reboot; steps are .*drainNode/);
  });
  it('from the step of a roll back is for a node that is on its way back', () => {
    const onItsWay = applyRetry(NO_CONTROL, { node: 'w-1', from: 'rollbackNode' }, node('w-1', { state: 'held', rollsBack: true }));
    assert.equal(onItsWay.control.retry.length, 1);
    const upgraded = applyRetry(NO_CONTROL, { node: 'w-1', from: 'rollbackNode' }, node('w-1', { state: 'held' }));
    assert.equal(upgraded.control, NO_CONTROL);
    assert.match(upgraded.warning ?? '', /w-1 is not on its way back, so it has no step rollbackNode/);
  });
  it('is acted on once', () => {
    const asked = applyRetry(NO_CONTROL, { node: 'w-1', from: 'drainNode', force: true, by: 'ann' }, node('w-1', { state: 'held' })).control;
    const taken = takeRetry(asked, 'w-1');
    assert.deepEqual(taken.retry, { node: 'w-1', from: 'drainNode', force: true, by: 'ann' });
    assert.equal(takeRetry(taken.control, 'w-1').retry, null);
  });
});

describe('every message', () => {
  const held = node('w-1', { state: 'held' });
  const message = fc.constantFrom<(control: ControlState) => ControlState>(
    (control) => applyPause(control, { by: 'ann' }, AT),
    (control) => applyPause(control, { now: true }, AT),
    (control) => applyPause(control, { after: 'w-1' }, AT),
    (control) => applyResume(control),
    (control) => applySkip(control, { node: 'w-1' }, held).control,
    (control) => applySkip(control, { node: 'nobody' }, null).control,
    (control) => applyRetry(control, { node: 'w-1' }, held).control,
  );
  it('is harmless twice, and leaves plain JSON', () => {
    fc.assert(fc.property(fc.array(message), message, (history, last) => {
      const once = last(history.reduce((control, apply) => apply(control), NO_CONTROL));
      assert.deepEqual(last(once), once);
      assert.deepEqual(JSON.parse(JSON.stringify(once)), once);
    }));
  });
});
