import type { Said } from './operator-message.ts';
import type { PoolPolicy } from './pool-policy.ts';
import type { RollbackDecisions } from './rollback.ts';
import type { NodeStep } from './state.ts';

/**
 * What the operator has said so far and is not over: each message is folded in at once (`apply-message.ts`), and the workflow
 * acts on the result at its safe points.
 * Runs inside workflows: a change here needs a replay of the recorded histories.
 */
export interface ControlState {
  readonly pause: Pause | null;
  /** Node or phase whose end begins a pause. */
  readonly pauseAfter: (Pause & { readonly after: string }) | null;
  /** Nodes to leave as they are. */
  readonly skip: readonly (Said & { readonly node: string })[];
  /** Decisions on held nodes that were not yet acted on. */
  readonly retry: readonly RetryDecision[];
  /** Nodes in flight whose drain is to be forced. */
  readonly forceDrain: readonly string[];
  /** What goes back, kept to the end. A node's own `rollsBack` says whether it was acted on. */
  readonly rollbacks: RollbackDecisions;
  /** What was set while the upgrade runs; pools that are not named go by the plan and the spec. */
  readonly policy: readonly PoolPolicy[];
  /** Who cancelled the upgrade; null while nobody has. */
  readonly cancel: (Said & { readonly at: string }) | null;
}

export interface Pause extends Said {
  readonly at: string;
  /** Nodes in flight stop at their next boundary between steps. */
  readonly now: boolean;
}

export interface RetryDecision {
  readonly node: string;
  /** Null begins with the step that failed. */
  readonly from: NodeStep | null;
  readonly force: boolean;
  /** Delete what the drain would still have to evict. */
  readonly forceDrain: boolean;
}

export const NO_CONTROL: ControlState = { pause: null, pauseAfter: null, skip: [], retry: [], forceDrain: [], rollbacks: [], policy: [], cancel: null };

/** Begins the pause that was asked for after `ended`, a node's name or a phase. */
export function reachPause(control: ControlState, ended: string, at: string): ControlState {
  if (control.pauseAfter?.after !== ended) return control;
  const { after, ...pause } = control.pauseAfter;
  return { ...control, pauseAfter: null, pause: control.pause ?? { ...pause, reason: pause.reason === '' ? `after ${after}` : pause.reason, at } };
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

/** Nothing that was said before keeps the whole cluster from going back. */
export function withoutWaiting(control: ControlState): ControlState {
  return { ...control, pause: null, pauseAfter: null, skip: [], retry: [] };
}

export function isSkipped(control: ControlState, node: string): boolean {
  return control.skip.some((skip) => skip.node === node);
}

export function isDrainForced(control: ControlState, node: string): boolean {
  return control.forceDrain.includes(node);
}

/**
 * A node in flight has ended, and with it the word to force its drain. Where its drain failed before that word reached it
 * (`missed`), the word is a decision on the node that is held now.
 */
export function endForceDrain(control: ControlState, node: string, missed: boolean): ControlState {
  if (!isDrainForced(control, node)) return control;
  const ended = { ...control, forceDrain: control.forceDrain.filter((name) => name !== node) };
  if (!missed) return ended;
  return { ...ended, retry: [...ended.retry.filter((retry) => retry.node !== node), { node, from: 'drainNode', force: false, forceDrain: true }] };
}
