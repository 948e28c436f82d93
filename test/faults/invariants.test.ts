import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EndedNode, EtcdState, HoldDecision, Limits, LooseningWord, TwinEvent } from './invariants/events.ts';
import { INVARIANTS } from './invariants/invariants.ts';
import type { InvariantName } from './invariants/invariants.ts';
import { NOTHING_YET, remember } from './invariants/memory.ts';

const LIMITS: Limits = { maxUnavailable: 1, controlPlanes: ['cp1', 'cp2', 'cp3'], cordonedBefore: ['w9'] };
const WHOLE: EtcdState = { members: ['cp1', 'cp2', 'cp3'].map((node) => ({ node, running: true, learner: false })), alarms: 0, leader: 'cp3' };
const without = (lost: string): EtcdState => ({ ...WHOLE, members: WHOLE.members.map((member) => (member.node === lost ? { ...member, running: false } : member)) });
const OLD = { kubelets: { w1: 'v1.33.13' }, apiServers: { cp1: 'v1.33.13' } };

type Given = TwinEvent extends infer E ? (E extends TwinEvent ? Omit<E, 'atMs' | 'etcd'> & Partial<Pick<E, 'atMs' | 'etcd'>> : never) : never;

const cordon = (node: string, whose: 'ours' | 'person' | null = 'ours'): Given => ({ kind: 'node', node, cordon: whose, isTainted: false });
const effect = (node: string, name: string, detail = ''): Given => ({ kind: 'effect', node, effect: name, detail, versions: OLD });
const step = (node: string, name: string, moment: 'started' | 'finished' | 'interrupted', intent = 1, more: { atMs?: number; etcd?: EtcdState } = {}): Given => ({ kind: 'step', node, step: name, moment, intent, retry: 0, ...more });
const retry = (node: string): Given => decided(node, 'retry');
const decided = (node: string, decision: HoldDecision): Given => ({ kind: 'decision', node, decision, reason: 'held' });
const said = (word: LooseningWord): Given => ({ kind: 'word', word });
const removal = (node: string, healthy: number): Given => ({ kind: 'removal', pod: 'shop/web', node, budget: 'web', healthy, wanted: 2 });
const endedNode = (state: string, kubelet: string, isReady = true): EndedNode => ({ name: 'w1', kubelet, former: 'v1.33.13', isReady, state });
const ended = (change: Partial<Extract<Given, { kind: 'ended' }>> = {}): Given => ({ kind: 'ended', state: 'done', reason: '', target: 'v1.34.4', nodes: [], units: [], ...change });

/** A stage of a restore, from its first beginning to its last end. */
const stage = (name: string): readonly Given[] => (['started', 'finished'] as const).flatMap((moment) => LIMITS.controlPlanes.map((node) => step(node, name, moment)));

/** What the invariants say of events in this order, a second apart. */
function brokenBy(events: readonly Given[]): readonly InvariantName[] {
  const broken = new Set<InvariantName>();
  let memory = NOTHING_YET;
  events.forEach((given, index) => {
    const event: TwinEvent = { ...given, atMs: given.atMs ?? index * 1_000, etcd: given.etcd ?? WHOLE };
    for (const name of namesOf()) if (INVARIANTS[name].check(event, memory, LIMITS) !== null) broken.add(name);
    memory = remember(memory, event);
  });
  return [...broken];
}

function namesOf(): readonly InvariantName[] {
  return Object.keys(INVARIANTS).filter((name): name is InvariantName => Object.hasOwn(INVARIANTS, name));
}

const CASES: readonly (readonly [string, readonly Given[], readonly InvariantName[]])[] = [
  ['one worker after another keeps the window', [cordon('w1'), cordon('w1', null), cordon('w2')], []],
  ['two workers at once are more than the window', [cordon('w1'), cordon('w2')], ['window']],
  ['a worker that a person cordoned is not in the window', [cordon('w9', 'person'), cordon('w1')], []],
  ['a control-plane node may be begun when the one before is given back', [cordon('cp1'), cordon('cp1', null), step('cp2', 'kubeadmUpgrade', 'started')], []],
  ['and not before', [cordon('cp1'), step('cp2', 'kubeadmUpgrade', 'started')], ['one-control-plane-node']],
  ['nor while kubeadm runs on another', [step('cp1', 'kubeadmUpgrade', 'started'), cordon('cp2')], ['one-control-plane-node']],
  ['a kubelet is stopped on a cordoned node', [effect('cp1', 'etcd snapshot taken'), cordon('w1'), effect('w1', 'unit kubelet stopped')], []],
  ['and on no other', [effect('cp1', 'etcd snapshot taken'), effect('w1', 'unit kubelet stopped')], ['cordoned-first']],
  ['an alarm closes the gate', [step('cp1', 'kubeadmUpgrade', 'started', 1, { etcd: { ...WHOLE, alarms: 1 } }), step('cp2', 'upgradeKubelet', 'started', 1, { etcd: { ...WHOLE, alarms: 1 }, atMs: 9_000 })], ['etcd-whole', 'one-control-plane-node']],
  ['a member that has just been lost could not be seen', [cordon('w1', null), step('cp1', 'kubeadmUpgrade', 'started', 1, { etcd: without('cp2') })], []],
  ['one that was lost long before could', [{ ...cordon('w1', null), etcd: without('cp2') }, step('cp1', 'kubeadmUpgrade', 'started', 1, { etcd: without('cp2'), atMs: 9_000 })], ['quorum']],
  ['a lost member may be upgraded itself only when it is back', [{ ...cordon('w1', null), etcd: without('cp1') }, step('cp1', 'kubeadmUpgrade', 'started', 1, { etcd: without('cp1'), atMs: 9_000 })], ['etcd-whole']],
  ['the leader is touched only when it leads no more', [cordon('w1', null), step('cp3', 'kubeadmUpgrade', 'started', 1, { atMs: 9_000 })], ['leader-last']],
  ['or has only just come to lead', [{ ...cordon('w1', null), etcd: { ...WHOLE, leader: 'cp1' } }, step('cp3', 'kubeadmUpgrade', 'started')], []],
  ['an intent that was interrupted is followed by another', [step('w1', 'stageNode', 'started'), step('w1', 'stageNode', 'interrupted'), step('w1', 'stageNode', 'started', 2)], []],
  ['and one that ended only after a decision', [step('w1', 'stageNode', 'started'), step('w1', 'stageNode', 'finished'), retry('w1'), step('w1', 'stageNode', 'started', 2)], []],
  ['without one it is a blind run', [step('w1', 'stageNode', 'started'), step('w1', 'stageNode', 'finished'), step('w1', 'stageNode', 'started', 2)], ['intent-once']],
  ['one decision is good for one run', [retry('w1'), step('w1', 'stageNode', 'started'), step('w1', 'stageNode', 'finished'), step('w1', 'stageNode', 'started', 2)], ['intent-once']],
  ['two at the same time are one too many', [step('w1', 'stageNode', 'started'), step('w1', 'stageNode', 'started', 2)], ['intent-once']],
  ['an effect comes about once', [effect('cp1', 'etcd snapshot taken'), effect('w1', 'kubeadm upgrade node'), effect('w1', 'kubeadm upgrade node')], ['effect-once']],
  ['and again where its intent was interrupted', [effect('cp1', 'etcd snapshot taken'), effect('w1', 'kubeadm upgrade node'), step('w1', 'kubeadmUpgradeNode', 'interrupted'), effect('w1', 'kubeadm upgrade node')], []],
  ['what preflight fetches is removed again', [effect('cp1', 'packages fetched', 'kubeadm 1.34.4-1.1'), effect('cp1', 'packages fetched', 'kubeadm 1.34.4-1.1')], []],
  ['what staging fetches stays', [effect('cp1', 'etcd snapshot taken'), effect('w1', 'packages fetched', 'kubelet'), effect('w1', 'packages fetched', 'kubelet')], ['effect-once']],
  ['what a person cordoned is not uncordoned', [cordon('w9', 'person'), cordon('w9', null)], ['cordon-of-a-person']],
  ['nor marked as ours', [cordon('w9', 'ours')], ['cordon-of-a-person']],
  ['a cordon, a taint, the Lease and a unit are left', [{ kind: 'lease', isHeld: true }, ended()], ['nothing-left']],
  ['a cordon that is left is found', [cordon('w1'), ended()], ['nothing-left']],
  ['a unit that still runs is found', [ended({ units: ['capstan-u-w1-stageNode-1'] })], ['nothing-left']],
  ['no kubelet is newer than an API server', [{ kind: 'effect', node: 'w1', effect: 'ready', detail: '', versions: { kubelets: { w1: 'v1.34.4' }, apiServers: { cp1: 'v1.34.4', cp2: 'v1.33.13' } } }], ['skew']],
  ['that of a control-plane node speaks to its own', [{ kind: 'effect', node: 'cp1', effect: 'ready', detail: '', versions: { kubelets: { cp1: 'v1.34.4' }, apiServers: { cp1: 'v1.34.4', cp2: 'v1.33.13' } } }], []],
  ['three minors behind are allowed, four are not', [{ kind: 'effect', node: 'w1', effect: 'ready', detail: '', versions: { kubelets: { w1: 'v1.30.1' }, apiServers: { cp1: 'v1.34.4' } } }], ['skew']],
  ['a package does not go back', [effect('cp1', 'etcd snapshot taken'), effect('w1', 'package kubelet', '1.34.4-1.1 → 1.33.13-1.1')], ['skew']],
  ['nothing changes before a snapshot', [effect('w1', 'package kubeadm', '1.33.13-1.1 → 1.34.4-1.1')], ['snapshot-first']],
  ['staging changes nothing', [effect('w1', 'packages fetched'), effect('w1', 'image pulled')], []],
  ['a budget that is kept', [removal('w1', 2)], []],
  ['a budget that is broken', [removal('w1', 1)], ['budgets']],
  ['but where a person forced this drain', [decided('w1', 'force-drain'), removal('w1', 1)], []],
  ['and no other one', [decided('w2', 'force-drain'), removal('w1', 1)], ['budgets']],
  ['a window that a person has widened', [said({ kind: 'set', maxUnavailable: 2 }), cordon('w1'), cordon('w2')], []],
  ['and not wider than that', [said({ kind: 'set', maxUnavailable: 2 }), cordon('w1'), cordon('w2'), cordon('w3')], ['window']],
  ['a worker goes back where a person said so', [effect('cp1', 'etcd snapshot taken'), said({ kind: 'rollback', node: 'w1' }), effect('w1', 'package kubelet', '1.34.4-1.1 → 1.33.13-1.1')], []],
  ['or decided so when it was held', [effect('cp1', 'etcd snapshot taken'), decided('w1', 'rollback'), effect('w1', 'package kubelet', '1.34.4-1.1 → 1.33.13-1.1')], []],
  ['and no other one does', [effect('cp1', 'etcd snapshot taken'), said({ kind: 'rollback', node: 'w2' }), effect('w1', 'package kubelet', '1.34.4-1.1 → 1.33.13-1.1')], ['skew']],
  ['all workers go back where a person said so', [effect('cp1', 'etcd snapshot taken'), said({ kind: 'rollback', node: null }), effect('w1', 'package kubelet', '1.34.4-1.1 → 1.33.13-1.1')], []],
  ['and no control-plane node does', [effect('cp1', 'etcd snapshot taken'), said({ kind: 'rollback', node: null }), effect('cp1', 'package kubelet', '1.34.4-1.1 → 1.33.13-1.1')], ['skew']],
  ['the whole cluster goes back where a person said so', [effect('cp1', 'etcd snapshot taken'), said({ kind: 'restore' }), effect('cp1', 'package kubelet', '1.34.4-1.1 → 1.33.13-1.1'), effect('w1', 'unit kubelet stopped')], []],
  ['its workers after its control plane', [said({ kind: 'restore' }), { kind: 'effect', node: 'cp1', effect: 'ready', detail: '', versions: { kubelets: { cp1: 'v1.33.13', w1: 'v1.34.4' }, apiServers: { cp1: 'v1.33.13' } } }], []],
  ['and no kubelet of the control plane', [said({ kind: 'restore' }), { kind: 'effect', node: 'cp1', effect: 'ready', detail: '', versions: { kubelets: { cp1: 'v1.34.4' }, apiServers: { cp1: 'v1.33.13' } } }], ['skew']],
  ['stage after stage', [said({ kind: 'restore' }), ...stage('prepareRestore'), ...stage('stopControlPlane'), ...stage('restoreControlPlane'), ...stage('startControlPlane')], []],
  ['and none before the one before has ended everywhere', [said({ kind: 'restore' }), ...stage('prepareRestore').slice(0, -1), step('cp1', 'stopControlPlane', 'started')], ['restore-together']],
  ['nothing of it begins where nobody said so', [step('cp1', 'prepareRestore', 'started')], ['restore-together']],
  ['one that was sent back as a whole ends so', [said({ kind: 'restore' }), ended({ state: 'rolled-back', nodes: [endedNode('rolled-back', 'v1.33.13'), endedNode('pending', 'v1.33.13'), endedNode('skipped', 'v1.34.4')] })], []],
  ['with no node at the target but what a person left so', [said({ kind: 'restore' }), ended({ state: 'rolled-back', nodes: [endedNode('pending', 'v1.34.4')] })], ['done-is-done']],
  ['and all of them Ready', [said({ kind: 'restore' }), ended({ state: 'rolled-back', nodes: [endedNode('pending', 'v1.33.13', false)] })], ['done-is-done']],
  ['whatever is held says why', [{ kind: 'decision', node: 'w1', decision: 'skip', reason: ' ' }], ['ends']],
  ['an upgrade that failed did not end well', [ended({ state: 'failed', reason: 'no' })], ['ends']],
  ['an upgrade that a person cancelled may end so', [said({ kind: 'cancel' }), ended({ state: 'cancelled' })], []],
  ['and no other', [ended({ state: 'cancelled' })], ['ends']],
  ['one whose workers a person sent back ends so', [said({ kind: 'rollback', node: null }), ended({ state: 'rolled-back' })], []],
  ['and no other does', [said({ kind: 'rollback', node: 'w1' }), ended({ state: 'rolled-back' })], ['ends']],
  ['done is at the target and Ready', [ended({ nodes: [endedNode('done', 'v1.34.4'), endedNode('skipped', 'v1.33.13')] })], []],
  ['a node that is behind was not done', [ended({ nodes: [endedNode('done', 'v1.33.13')] })], ['done-is-done']],
  ['nor is one that is not Ready', [ended({ nodes: [endedNode('done', 'v1.34.4', false)] })], ['done-is-done']],
  ['nor one that nobody skipped', [ended({ nodes: [endedNode('pending', 'v1.33.13')] })], ['done-is-done']],
  ['a node that went back is where it was', [ended({ nodes: [endedNode('rolled-back', 'v1.33.13')] })], []],
  ['or it did not go back', [ended({ nodes: [endedNode('rolled-back', 'v1.34.4')] })], ['done-is-done']],
  ['where all workers go back, one that was not upgraded may be left', [said({ kind: 'rollback', node: null }), ended({ state: 'rolled-back', nodes: [endedNode('pending', 'v1.33.13')] })], []],
];

describe('the invariants', () => {
  for (const [rule, events, expected] of CASES) {
    test(rule, () => { assert.deepEqual(brokenBy(events).toSorted(), expected.toSorted()); });
  }

  test('each is broken by one of these cases', () => {
    const broken = new Set(CASES.flatMap(([, , expected]) => expected));
    assert.deepEqual(namesOf().filter((name) => !broken.has(name)), []);
  });
});
