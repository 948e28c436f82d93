import { isDrainForced, withoutDecision, withoutSkip, withoutWaiting } from './control.ts';
import type { ControlState, Pause } from './control.ts';
import { planHashProblem } from './hash-plan.ts';
import type { OperatorMessage } from './operator-message.ts';
import { applyPolicy } from './pool-policy.ts';
import { restoreRefusal } from './restore-message.ts';
import { readRollback, rollbackRefusal, rollsBackWorkers } from './rollback.ts';
import { restoresCluster } from './rollback-cluster.ts';
import { comesBefore, FIRST_STEP, isRestoreStep, NODE_STEPS, UPGRADE_PHASES } from './state.ts';
import type { NodeState, UpgradePhase } from './state.ts';
import type { ControlledNode, UpgradeFacts } from './upgrade-facts.ts';

/** The state after a message; `refusal` says why it changed nothing. */
export interface Controlled {
  readonly control: ControlState;
  readonly refusal: string | null;
}

/**
 * The one way in which a person's word changes anything, whether it came as a signal or as an update: both ask this function.
 * The same word twice is harmless.
 *
 * @param at When it was heard, ISO.
 */
export function applyMessage(control: ControlState, message: OperatorMessage, facts: UpgradeFacts, at: string): Controlled {
  if (restoresCluster(control.rollbacks)) return applyWhileRestored(control, message, facts, at);
  const refusal = refusalNow(control, message, facts);
  if (refusal !== null) return { control, refusal };
  switch (message.kind) {
    case 'pause': return applyPause(control, message, facts, at);
    case 'resume': return applyResume(control, message, facts, at);
    case 'approve': return applyApprove(control, message, facts, at);
    case 'skip': return applySkip(control, message, facts);
    case 'retry': return applyRetry(control, message, facts);
    case 'force-drain': return applyForceDrain(control, message, facts);
    case 'rollback': return applyRollback(control, message, facts, at);
    case 'cancel': return accepted({ ...control, cancel: control.cancel ?? { by: message.by, reason: message.reason, at } });
    case 'set': {
      const result = applyPolicy(control.policy, message, facts.plan);
      return result.ok ? accepted({ ...control, policy: result.policy }) : { control, refusal: result.refusal };
    }
  }
}

/** A restore of the whole cluster decides by itself what it does with a word that is taken here; only a cancel is the upgrade's as well. */
function applyWhileRestored(control: ControlState, message: OperatorMessage, facts: UpgradeFacts, at: string): Controlled {
  const refusal = restoreRefusal(message, { isStopped: facts.isStopped, isEnding: facts.isEnding, cancel: control.cancel, node: facts.node });
  if (refusal !== null || message.kind !== 'cancel') return { control, refusal };
  return accepted({ ...control, cancel: control.cancel ?? { by: message.by, reason: message.reason, at } });
}

type MessageOf<K extends OperatorMessage['kind']> = Extract<OperatorMessage, { readonly kind: K }>;

/** Phases that a pause can follow; what comes after the last of them ends the upgrade. */
export const PAUSABLE_PHASES: readonly UpgradePhase[] = UPGRADE_PHASES.slice(0, UPGRADE_PHASES.indexOf('verify'));

/** Why nothing can be paused after this node or phase; null where it can. */
export function pauseAfterRefusal(
  after: string, facts: Pick<UpgradeFacts, 'phase' | 'phasesDone'> & { readonly node: (name: string) => Pick<ControlledNode, 'state'> | null; readonly isGoingBack: boolean },
): string | null {
  const node = facts.node(after);
  if (node !== null) return isEnded(node.state) ? `${after} is ${node.state} already` : null;
  const phase = PAUSABLE_PHASES.find((known) => known === after);
  if (phase === undefined) return `${after} is neither a node nor a phase of this upgrade; phases are ${PAUSABLE_PHASES.join(', ')}`;
  const isOver = facts.phasesDone.includes(phase) || UPGRADE_PHASES.indexOf(phase) < UPGRADE_PHASES.indexOf(facts.phase);
  if (isOver) return `the phase ${after} is over`;
  return phase === 'rolling-back' && !facts.isGoingBack ? 'no roll back of all workers was asked for, so there is no such phase' : null;
}

function refusalNow({ cancel }: ControlState, { kind }: OperatorMessage, { isEnding }: UpgradeFacts): string | null {
  if (isEnding && (kind === 'cancel' || kind === 'rollback')) return 'the upgrade is ending already';
  if (kind === 'cancel') return null;
  return cancel === null ? null : `the upgrade is being cancelled since ${cancel.at}, by ${cancel.by}`;
}

function applyPause(control: ControlState, message: MessageOf<'pause'>, facts: UpgradeFacts, at: string): Controlled {
  const { by, reason, now, after } = message;
  const pause: Pause = { by, reason, at, now };
  if (after !== null) {
    const refusal = now ? 'now and after exclude each other' : pauseAfterRefusal(after, { ...facts, isGoingBack: rollsBackWorkers(control.rollbacks) });
    return refusal === null ? accepted({ ...control, pauseAfter: { ...pause, after } }) : { control, refusal };
  }
  // Who paused again does not want to go on.
  if (control.pause !== null) return accepted({ ...control, resume: null, approved: null, pause: { ...control.pause, now: control.pause.now || now } });
  return accepted({ ...control, pause });
}

/** The pause itself ends once the cluster was read again. */
function applyResume(control: ControlState, { by, reason, ignoreNew }: MessageOf<'resume'>, { approval }: UpgradeFacts, at: string): Controlled {
  if (approval?.kind === 'start') return { control, refusal: 'the plan waits for approval before the first change: `capstan approve`' };
  // A pause to come is taken back where nothing is paused yet; said while paused, it is for the way after.
  if (control.pause === null) return accepted({ ...control, pauseAfter: null });
  if (control.resume !== null && control.resume.ignoreNew === ignoreNew) return accepted(control);
  return accepted({ ...control, resume: { by, reason, at, ignoreNew } });
}

/** Contract 9: a yes names the plan that it is said to. */
function applyApprove(control: ControlState, { planHash, by, reason }: MessageOf<'approve'>, { approval }: UpgradeFacts, at: string): Controlled {
  if (approval === null) return { control, refusal: 'no plan waits for approval' };
  if (planHash !== approval.planHash) {
    const problem = planHashProblem(planHash);
    return { control, refusal: `the plan that waits for approval is ${approval.planHash}, not ${planHash === '' ? 'one without a hash' : planHash}${problem === null || planHash === '' ? '' : `: ${problem}`}` };
  }
  return accepted(control.approved?.planHash === planHash ? control : { ...control, approved: { planHash, by, reason, at } });
}

/** A control-plane node is never skipped after its first change: it would stay half upgraded. */
function applySkip(control: ControlState, { node: name, by, reason }: MessageOf<'skip'>, facts: UpgradeFacts): Controlled {
  const node = facts.node(name);
  if (node === null) return { control, refusal: noNode(name) };
  if (isEnded(node.state)) return { control, refusal: `${name} is ${node.state} already` };
  if (node.roles.includes('control-plane') && node.changed) {
    return { control, refusal: `${name} is a control-plane node that has begun to change: retry it instead` };
  }
  if (control.skip.some((skip) => skip.node === name)) return accepted(control);
  return accepted({ ...control, skip: [...control.skip, { node: name, by, reason }], retry: control.retry.filter((retry) => retry.node !== name) });
}

/** Only a held node can be retried; a second message before the first was acted on replaces it. */
function applyRetry(control: ControlState, { node: name, from, force }: MessageOf<'retry'>, facts: UpgradeFacts): Controlled {
  const node = facts.node(name);
  const refusal = notHeld(node, name);
  if (refusal !== null) return { control, refusal };
  const step = NODE_STEPS.find((known) => known === from) ?? null;
  if (from !== null && step === null) return { control, refusal: `no step ${from}; steps are ${NODE_STEPS.join(', ')}` };
  if (step !== null && isRestoreStep(step)) return { control, refusal: `${step} is a step of a restore of the whole cluster, which ${name} is not in` };
  if (step === 'rollbackNode' && node?.rollsBack !== true) return { control, refusal: `${name} is not on its way back, so it has no step ${step}` };
  const failed = node?.step ?? FIRST_STEP;
  if (step !== null && comesBefore(failed, step)) return { control, refusal: `${step} comes after ${failed}, at which ${name} is held: what lies between was not done` };
  return accepted(withRetry(control, { node: name, from: step, force, forceDrain: false }));
}

/** Only where a drain stands in the way: on a node that is held in it, or is still busy with it. */
function applyForceDrain(control: ControlState, { node: name, confirm }: MessageOf<'force-drain'>, facts: UpgradeFacts): Controlled {
  const node = facts.node(name);
  if (node === null) return { control, refusal: noNode(name) };
  if (confirm !== facts.cluster) return { control, refusal: `confirm is ${confirm === '' ? 'missing' : confirm}, not the name of the cluster, ${facts.cluster}` };
  if (!node.drains) return { control, refusal: `${name} is not drained: its pool has drain.enabled: false` };
  if (node.state === 'held' && node.step === 'drainNode' && !node.releasing) {
    return accepted(withRetry(control, { node: name, from: 'drainNode', force: false, forceDrain: true }));
  }
  const mayDrain = node.state === 'draining' || (!node.tellsSteps && node.state === 'preparing');
  if (!node.inFlight || !mayDrain || node.drained) return { control, refusal: `${name} is ${placeOf(node)}, not in its drain` };
  return accepted(isDrainForced(control, name) ? control : { ...control, forceDrain: [...control.forceDrain, name] });
}

/** The nodes themselves hear of it where they are held, or when there is room for them. */
function applyRollback(control: ControlState, message: MessageOf<'rollback'>, facts: UpgradeFacts, at: string): Controlled {
  const request = readRollback(message);
  if (typeof request === 'string') return { control, refusal: request };
  const { node: name } = request;
  if (name !== null && facts.node(name)?.releasing === true) return { control, refusal: givenBack(name) };
  const { cluster, plan, snapshot, phase } = facts;
  const refusal = rollbackRefusal(request, { cluster, etcd: plan.etcd.kind, snapshot, phase, nodes: facts.rollbackNodes(), decisions: control.rollbacks });
  if (refusal !== null) return { control, refusal };
  const { confirm: _confirm, ...decision } = request;
  const others = request.scope === 'cluster' ? withoutWaiting(control) : name === null ? control : withoutDecision(control, name);
  return accepted({ ...others, rollbacks: [...control.rollbacks, { ...decision, at }] });
}

/** Why a decision on a held node cannot be taken; null where it can. */
export function notHeld(node: ControlledNode | null, name: string): string | null {
  if (node === null) return noNode(name);
  if (node.releasing) return givenBack(name);
  return node.state === 'held' ? null : `${name} is ${node.state}, not held`;
}

function isEnded(state: NodeState): boolean {
  return state === 'done' || state === 'skipped' || state === 'rolled-back';
}

function givenBack(name: string): string {
  return `${name} is being given back, since it was skipped`;
}

function withRetry(control: ControlState, retry: ControlState['retry'][number]): ControlState {
  return { ...withoutSkip(control, retry.node), retry: [...control.retry.filter((other) => other.node !== retry.node), retry] };
}

function placeOf({ state, step }: ControlledNode): string {
  return state === 'held' && step !== null ? `held at ${step}` : state;
}

function noNode(name: string): string {
  return name === '' ? 'no node is named' : `no node ${name} in this upgrade`;
}

function accepted(control: ControlState): Controlled {
  return { control, refusal: null };
}
