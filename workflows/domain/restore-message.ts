import type { Said, OperatorMessage } from './operator-message.ts';
import type { NodeState, NodeStep, Role } from './state.ts';

/**
 * What a person may say to a restore: nothing but to try a held node again, to leave a held worker as it is, and to end it while
 * the control plane still runs. An upgrade that is being restored asks the same function.
 * Runs inside workflows: a change here needs a replay of the recorded histories.
 */
export interface RestoreControl {
  /** Held nodes to be tried again, until it is acted on. */
  readonly retry: readonly string[];
  /** Held workers to leave as they are. */
  readonly skip: readonly string[];
  readonly cancel: (Said & { readonly at: string }) | null;
}

export const NO_RESTORE_CONTROL: RestoreControl = { retry: [], skip: [], cancel: null };

export interface RestoreFacts {
  /** True from just before the first control plane is stopped. */
  readonly isStopped: boolean;
  /** True once it is over, and only what is ours is still released. */
  readonly isEnding: boolean;
  readonly cancel: RestoreControl['cancel'];
  /** Null for a node that is not restored. */
  readonly node: (name: string) => RestoredNode | null;
}

export interface RestoredNode {
  readonly roles: readonly Role[];
  readonly state: NodeState;
  /** Step under way or failed. */
  readonly step: NodeStep | null;
}

/** The control state after a message; `refusal` says why it changed nothing. */
export function applyRestoreMessage(control: RestoreControl, message: OperatorMessage, facts: RestoreFacts, at: string): { readonly control: RestoreControl; readonly refusal: string | null } {
  const refusal = restoreRefusal(message, facts);
  if (refusal !== null) return { control, refusal };
  switch (message.kind) {
    case 'retry': return { refusal, control: { ...control, retry: withName(control.retry, message.node), skip: withoutName(control.skip, message.node) } };
    case 'skip': return { refusal, control: { ...control, skip: withName(control.skip, message.node), retry: withoutName(control.retry, message.node) } };
    case 'cancel': return { refusal, control: { ...control, cancel: control.cancel ?? { by: message.by, reason: message.reason, at } } };
    case 'pause':
    case 'resume':
    case 'force-drain':
    case 'rollback':
    case 'set': return { refusal, control };
  }
}

/** A decision on a node is taken out as it is acted on. */
export function withoutDecided(control: RestoreControl, node: string): RestoreControl {
  return { ...control, retry: withoutName(control.retry, node), skip: withoutName(control.skip, node) };
}

/** Why a message cannot be taken while the cluster is restored, with what can; null where it can. */
export function restoreRefusal(message: OperatorMessage, facts: RestoreFacts): string | null {
  const { isStopped, isEnding, cancel } = facts;
  if (isEnding) return 'the restore is ending already';
  if (message.kind === 'cancel') {
    return isStopped ? 'the control plane was stopped by the restore: it cannot be left like this. `capstan retry NODE` goes on where a node is held' : null;
  }
  if (cancel !== null) return `the restore is being cancelled since ${cancel.at}, by ${cancel.by}`;
  switch (message.kind) {
    case 'retry': return retryRefusal(message, facts);
    case 'skip': return skipRefusal(message.node, facts);
    case 'pause':
    case 'resume':
    case 'force-drain':
    case 'rollback':
    case 'set': return `the cluster is being restored, which hears no ${message.kind}: it takes \`capstan retry NODE\` of a held node, \`capstan skip NODE\` of a held worker, and \`capstan cancel\` until the control plane is stopped`;
  }
}

function retryRefusal({ node: name, from, force }: Extract<OperatorMessage, { readonly kind: 'retry' }>, facts: RestoreFacts): string | null {
  const node = facts.node(name);
  const refusal = heldRefusal(node, name);
  if (refusal !== null) return refusal;
  if (from !== null && from !== node?.step) return `${name} is held at ${node?.step ?? 'its start'}, and a restore goes on there: all nodes take each step together, so leave from out`;
  return force ? 'force is for `kubeadm upgrade apply`, which a restore does not run' : null;
}

/** A control-plane node is part of the cluster that comes back: without it etcd lacks a member that it was told to have. */
function skipRefusal(name: string, facts: RestoreFacts): string | null {
  const node = facts.node(name);
  const refusal = heldRefusal(node, name);
  if (refusal !== null) return refusal;
  const isWorker = node !== null && !node.roles.includes('control-plane') && !node.roles.includes('etcd');
  return isWorker ? null : `${name} carries the control plane: it cannot be left out of a restore. Retry it`;
}

function heldRefusal(node: RestoredNode | null, name: string): string | null {
  if (node === null) return name === '' ? 'no node is named' : `no node ${name} in this restore`;
  return node.state === 'held' ? null : `${name} is ${node.state}, not held`;
}

function withName(names: readonly string[], name: string): readonly string[] {
  return names.includes(name) ? names : [...names, name];
}

function withoutName(names: readonly string[], name: string): readonly string[] {
  return names.filter((other) => other !== name);
}
