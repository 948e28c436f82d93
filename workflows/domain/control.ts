import { NODE_STEPS } from './state.ts';
import type { NodeState, NodeStep, Role } from './state.ts';

/**
 * What the operator has said so far. The only place where messages change anything:
 * each is folded in at once, and the workflow acts on the result at its safe points.
 * Runs inside workflows: a change here needs a replay of the recorded histories.
 */
export interface ControlState {
  readonly pause: Pause | null;
  /** Node or phase whose end begins a pause. */
  readonly pauseAfter: (Pause & { readonly after: string }) | null;
  /** Nodes to leave as they are. */
  readonly skip: readonly { readonly node: string; readonly by: string; readonly reason: string }[];
  /** Decisions on held nodes that were not yet acted on. */
  readonly retry: readonly RetryDecision[];
}

export interface Pause {
  readonly by: string;
  readonly reason: string;
  readonly at: string;
  /** Nodes in flight stop at their next boundary between steps. */
  readonly now: boolean;
}

export interface RetryDecision {
  readonly node: string;
  readonly from: NodeStep | null;
  readonly force: boolean;
  readonly by: string;
}

/** What a message needs to know of the node it names. */
export interface ControlledNode {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly state: NodeState;
  /** True once a control-plane node's kubeadm may have run. */
  readonly changed: boolean;
  /** True once it was told to go back: only then it has the step `rollbackNode`. Default: false. */
  readonly rollsBack?: boolean;
}

/** The state after a message; `warning` says why a message had no effect. */
export interface Controlled {
  readonly control: ControlState;
  readonly warning: string | null;
}

export const NO_CONTROL: ControlState = { pause: null, pauseAfter: null, skip: [], retry: [] };

const SOMEBODY = 'unknown';

export function applyPause(
  control: ControlState,
  message: { readonly now?: boolean; readonly after?: string; readonly by?: string; readonly reason?: string },
  at: string,
): ControlState {
  const pause: Pause = { by: message.by ?? SOMEBODY, reason: message.reason ?? '', at, now: message.now ?? false };
  if (message.after !== undefined) return { ...control, pauseAfter: { ...pause, after: message.after } };
  if (control.pause !== null) return { ...control, pause: { ...control.pause, now: control.pause.now || pause.now } };
  return { ...control, pause };
}

/** Begins the pause that was asked for after `ended`, a node's name or a phase. */
export function reachPause(control: ControlState, ended: string, at: string): ControlState {
  if (control.pauseAfter?.after !== ended) return control;
  const { after, ...pause } = control.pauseAfter;
  return { ...control, pauseAfter: null, pause: control.pause ?? { ...pause, reason: pause.reason === '' ? `after ${after}` : pause.reason, at } };
}

export function applyResume(control: ControlState): ControlState {
  return { ...control, pause: null, pauseAfter: null };
}

/** A control-plane node is never skipped after its first change: it would stay half upgraded. */
export function applySkip(
  control: ControlState,
  message: { readonly node: string; readonly by?: string; readonly reason?: string },
  node: ControlledNode | null,
): Controlled {
  if (node === null) return { control, warning: `no node ${message.node} in this upgrade` };
  if (node.state === 'done' || node.state === 'skipped' || node.state === 'rolled-back') return { control, warning: `${node.name} is ${node.state} already` };
  if (node.roles.includes('control-plane') && node.changed) {
    return { control, warning: `${node.name} is a control-plane node that has begun to change: retry it instead` };
  }
  if (control.skip.some((skip) => skip.node === node.name)) return { control, warning: null };
  const skip = { node: node.name, by: message.by ?? SOMEBODY, reason: message.reason ?? '' };
  return { control: { ...control, skip: [...control.skip, skip], retry: control.retry.filter((retry) => retry.node !== node.name) }, warning: null };
}

/** Only a held node can be retried; a second message before the first was acted on replaces it. */
export function applyRetry(
  control: ControlState,
  message: { readonly node: string; readonly from?: string; readonly force?: boolean; readonly by?: string },
  node: ControlledNode | null,
): Controlled {
  if (node === null) return { control, warning: `no node ${message.node} in this upgrade` };
  if (node.state !== 'held') return { control, warning: `${node.name} is ${node.state}, not held` };
  const from = message.from ?? null;
  if (from !== null && !isNodeStep(from)) return { control, warning: `no step ${from}; steps are ${NODE_STEPS.join(', ')}` };
  if (from === 'rollbackNode' && node.rollsBack !== true) return { control, warning: `${node.name} is not on its way back, so it has no step ${from}` };
  const retry: RetryDecision = { node: node.name, from, force: message.force ?? false, by: message.by ?? SOMEBODY };
  return { control: { ...withoutSkip(control, node.name), retry: [...control.retry.filter((other) => other.node !== node.name), retry] }, warning: null };
}

/** The decision on a held node is taken out as it is acted on. */
export function takeRetry(control: ControlState, node: string): { readonly control: ControlState; readonly retry: RetryDecision | null } {
  const retry = control.retry.find((decision) => decision.node === node) ?? null;
  return { control: { ...control, retry: control.retry.filter((decision) => decision.node !== node) }, retry };
}

/** A skip counts no more: a later word replaced it, or it can no longer be done. */
export function withoutSkip(control: ControlState, node: string): ControlState {
  return { ...control, skip: control.skip.filter((skip) => skip.node !== node) };
}

/** Another decision on the node takes the place of those that were not acted on. */
export function withoutDecision(control: ControlState, node: string): ControlState {
  return { ...withoutSkip(control, node), retry: control.retry.filter((retry) => retry.node !== node) };
}

export function isSkipped(control: ControlState, node: string): boolean {
  return control.skip.some((skip) => skip.node === node);
}

function isNodeStep(step: string): step is NodeStep {
  return NODE_STEPS.some((known) => known === step);
}
