import { effectKey } from './memory.ts';
import type { Rule } from './rule.ts';

/** Effects that a second run would repeat. A restart of the kubelet harms nobody and is left out. */
const LASTING = /^(package \S+|packages fetched|kubeadm upgrade .*|etcd member replaced|static pods|kubeadm-config|etcd snapshot taken)$/;
/** Entries that are no change of the cluster. */
const HARMLESS = /^(packages fetched|image .*|etcd snapshot taken|etcd leadership moved|host .*|ready|unit kubelet started)$/;

export const intentOnce: Rule = (event, before) => {
  if (event.kind !== 'step' || event.moment !== 'started') return null;
  const { node, step, intent } = event;
  const former = before.intents[`${node}/${step}`];
  if (former === undefined) return null;
  if (former.state === 'running') return `intent ${intent} of ${step} on ${node} was started while intent ${former.number} ran`;
  if (intent <= former.number) return `intent ${intent} of ${step} on ${node} was started a second time`;
  if (former.state === 'finished' && (before.retries[node] ?? 0) <= former.retries) return `${step} on ${node} was run again (intent ${intent}) after its result, and nobody decided so`;
  return null;
};

export const effectOnce: Rule = (event, before) => {
  if (event.kind !== 'effect' || !LASTING.test(event.effect)) return null;
  // Preflight fetches kubeadm to ask it for its images, and removes it: that does not last, and may come again.
  if (event.effect === 'packages fetched' && !before.hasSnapshot) return null;
  const times = (before.effects[effectKey(event)] ?? 0) + 1;
  const allowed = 1 + (before.secondRuns[event.node] ?? 0);
  return times > allowed ? `"${event.effect}" came about ${times} times on ${event.node}, where ${allowed} would do` : null;
};

export const snapshotFirst: Rule = (event, { hasSnapshot }) => {
  if (event.kind !== 'effect' || hasSnapshot || HARMLESS.test(event.effect)) return null;
  return `"${event.effect}" on ${event.node} came before any snapshot of etcd`;
};
