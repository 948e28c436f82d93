import type { Rule } from './rule.ts';
import type { Memory } from './memory.ts';

/** Steps that take a control-plane node out of service. */
const CHANGING = ['kubeadmUpgrade', 'upgradeKubelet'];

export const window: Rule = (event, before, { maxUnavailable, controlPlanes }) => {
  if (event.kind !== 'node' || event.cordon !== 'ours') return null;
  const down = new Set([...cordonedByUs(before), event.node].filter((name) => !controlPlanes.includes(name)));
  const allowed = Math.max(maxUnavailable, before.widest);
  return down.size > allowed ? `${[...down].join(', ')} are cordoned, and at most ${allowed} may be` : null;
};

export const oneControlPlaneNode: Rule = (event, before, { controlPlanes }) => {
  if (event.kind !== 'step' && event.kind !== 'node') return null;
  const begins = event.kind === 'step' ? event.moment === 'started' && CHANGING.includes(event.step) : event.kind === 'node' && event.cordon === 'ours';
  if (!begins || !controlPlanes.includes(event.node)) return null;
  const others = controlPlanes.filter((name) => name !== event.node && isChanging(before, name));
  return others.length > 0 ? `${event.node} is begun while ${others.join(', ')} is not finished` : null;
};

export const cordonedFirst: Rule = (event, before) => {
  // In a restore workloads run on while a kubelet is put back.
  if (event.kind !== 'effect' || event.effect !== 'unit kubelet stopped' || before.isRestored) return null;
  return (before.cordons[event.node] ?? null) === null ? `the kubelet of ${event.node} was stopped while pods could be scheduled there` : null;
};

function cordonedByUs({ cordons }: Memory): readonly string[] {
  return Object.keys(cordons).filter((name) => cordons[name] === 'ours');
}

function isChanging({ cordons, intents }: Memory, name: string): boolean {
  return cordons[name] === 'ours' || CHANGING.some((step) => intents[`${name}/${step}`]?.state === 'running');
}
