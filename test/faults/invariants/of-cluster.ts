import type { Memory } from './memory.ts';
import type { Rule } from './rule.ts';

/** Source: the version skew policy of Kubernetes. */
const MOST_MINORS_BEHIND = 3;

export const cordonOfAPerson: Rule = (event, _, { cordonedBefore }) => {
  if (event.kind !== 'node' || !cordonedBefore.includes(event.node)) return null;
  if (event.cordon === null) return `${event.node} was uncordoned, and a person had cordoned it`;
  return event.cordon === 'ours' ? `${event.node} was marked as ours, and a person had cordoned it` : null;
};

export const nothingLeft: Rule = (event, { cordons, tainted, isLocked }) => {
  if (event.kind !== 'ended') return null;
  const left = [
    ...Object.keys(cordons).filter((name) => cordons[name] === 'ours').map((name) => `the cordon of ${name}`),
    ...Object.keys(tainted).filter((name) => tainted[name] === true).map((name) => `the taint of ${name}`),
    ...(isLocked ? ['the Lease'] : []),
    ...event.units.map((unit) => `the unit ${unit}`),
  ];
  return left.length > 0 ? `left: ${left.join(', ')}` : null;
};

export const skew: Rule = (event, before, { controlPlanes }) => {
  if (event.kind !== 'effect') return null;
  const { kubelets, apiServers } = event.versions;
  if (event.effect.startsWith('package kube')) {
    const [from = '', to = ''] = event.detail.split(' → ');
    if (to !== '' && compare(from, to) > 0 && !mayGoBack(event.node, before, controlPlanes)) return `${event.effect} of ${event.node} went back from ${from} to ${to}`;
  }
  for (const [node, kubelet] of Object.entries(kubelets)) {
    const own = apiServers[node];
    // A worker's kubelet may speak to any of them.
    const servers = controlPlanes.includes(node) && own !== undefined ? [own] : Object.values(apiServers);
    // In a restore workers come after the control plane.
    const newer = before.isRestored && !controlPlanes.includes(node) ? undefined : servers.find((server) => compare(kubelet, server) > 0);
    if (newer !== undefined) return `the kubelet of ${node} is at ${kubelet} and an API server it may speak to at ${newer}`;
    const older = servers.find((server) => minorOf(server) - minorOf(kubelet) > MOST_MINORS_BEHIND);
    if (older !== undefined) return `the kubelet of ${node} is at ${kubelet}, more than ${MOST_MINORS_BEHIND} minors behind ${older}`;
  }
  return null;
};

export const budgets: Rule = (event, { forced }) => {
  if (event.kind !== 'removal' || event.healthy >= event.wanted || forced[event.node ?? ''] === true) return null;
  return `${event.pod} was removed by the engine: ${event.healthy} healthy pods are left, and ${event.budget} asks for ${event.wanted}`;
};

export const ends: Rule = (event, { isCancelled, allSentBack, isRestored }) => {
  if (event.kind === 'decision') return event.reason.trim() === '' ? `${event.node} was held and nothing said why` : null;
  if (event.kind !== 'ended' || event.state === 'done') return null;
  if ((event.state === 'cancelled' && isCancelled) || (event.state === 'rolled-back' && (allSentBack || isRestored))) return null;
  return `the upgrade ended ${event.state}: ${event.reason}`;
};

export const doneIsDone: Rule = (event, { isRestored }) => {
  if (event.kind !== 'ended' || !VERIFIED.includes(event.state)) return null;
  const allBack = event.state === 'rolled-back' && isRestored;
  const wrong = event.nodes.filter(({ state, kubelet, former, isReady }) => {
    if (state === 'rolled-back' || (allBack && state !== 'skipped')) return kubelet !== former || !isReady;
    const mayBeBehind = state === 'skipped' || event.state === 'rolled-back';
    return mayBeBehind ? state === 'done' && kubelet !== event.target : kubelet !== event.target || !isReady;
  });
  return wrong.length > 0 ? wrong.map(({ name, state, kubelet, isReady }) => `${name} is called ${state}, is at ${kubelet} and ${isReady ? 'Ready' : 'not Ready'}`).join('; ') : null;
};

/** Ends that were verified; who cancels takes the nodes as they are. */
const VERIFIED: readonly string[] = ['done', 'rolled-back'];

/** A control-plane node never goes back alone. */
function mayGoBack(node: string, { sentBack, allSentBack, isRestored }: Memory, controlPlanes: readonly string[]): boolean {
  return isRestored || sentBack[node] === true || (allSentBack && !controlPlanes.includes(node));
}

/** Numbers of `v1.34.4` or `1.34.4-1.1`. */
function numbersOf(version: string): readonly number[] {
  return version.replace(/^v/, '').split(/[.-]/).map(Number);
}

function minorOf(version: string): number {
  return numbersOf(version)[1] ?? 0;
}

function compare(one: string, other: string): number {
  const [left, right] = [numbersOf(one), numbersOf(other)];
  for (let place = 0; place < 3; place += 1) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
