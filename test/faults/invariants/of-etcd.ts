import type { TwinEvent } from './events.ts';
import type { Rule } from './rule.ts';
import { isWhole } from './memory.ts';
import type { Memory } from './memory.ts';

/**
 * Between the engine's last look at etcd and its first effect lies the start of a unit on a busy machine: what has become worse
 * only since then nobody could know.
 */
export const LOOK_IS_FRESH_MS = 5_000;

const TOUCHING = ['kubeadmUpgrade', 'upgradeKubelet'];

export const etcdWhole: Rule = (event, before) => {
  if (!isTouched(event) || isWhole(event.etcd) || isFresh(event, before) || !survives(event)) return null;
  return `the member of ${event.node} was touched while etcd had not been whole for ${secondsSince(event, before)} s`;
};

export const quorum: Rule = (event, before) => {
  if (!isTouched(event) || isFresh(event, before) || survives(event)) return null;
  return `the member of ${event.node} was touched while the others alone had had no quorum for up to ${secondsSince(event, before)} s`;
};

export const leaderLast: Rule = (event, { leader }) => {
  if (!isTouched(event) || event.etcd.members.length < 2 || event.etcd.leader !== event.node || leader.node !== event.node) return null;
  const ledMs = event.atMs - leader.sinceMs;
  return ledMs > LOOK_IS_FRESH_MS ? `the member of ${event.node} was touched while it led, since ${(ledMs / 1000).toFixed(1)} s` : null;
};

type Touch = Extract<TwinEvent, { kind: 'step' }>;

function isTouched(event: TwinEvent): event is Touch {
  return event.kind === 'step' && event.moment === 'started' && TOUCHING.includes(event.step) && event.etcd.members.some(({ node }) => node === event.node);
}

function survives({ node, etcd }: Touch): boolean {
  const voters = etcd.members.filter(({ learner }) => !learner);
  return voters.filter((member) => member.node !== node && member.running).length > voters.length / 2;
}

function isFresh({ atMs }: Touch, { brokenSinceMs }: Memory): boolean {
  return brokenSinceMs === null || atMs - brokenSinceMs <= LOOK_IS_FRESH_MS;
}

function secondsSince({ atMs }: Touch, { brokenSinceMs }: Memory): string {
  return ((atMs - (brokenSinceMs ?? atMs)) / 1000).toFixed(1);
}
