import { log } from '@temporalio/workflow';
import { isCount, isEpochMs, isListOf, isObject, isText, isTime } from './domain/shape.ts';
import { NODE_STATES, NODE_STEPS } from './domain/state.ts';
import { undecodableReason } from './domain/undecodable.ts';
import { LONGEST_MESSAGE } from './failures.ts';
import type { NodePolicyMessage, NodeProgressMessage, NodeResult, NodeResultMessage, RestoreProgressMessage } from './messages.ts';
import { LONGEST_NOTE } from './reported-step.ts';

/**
 * Handles what workflows tell one another. Anybody can send it from the Web UI as well, with anything in it; a handler that
 * throws would stop its workflow for good, so what no workflow of ours sends is noted in the worker's log and left.
 */
export function ours<Message>(signal: string, isOurs: (given: unknown) => given is Message, handle: (message: Message) => void): (given?: unknown) => void {
  return (given) => {
    if (isOurs(given)) handle(given);
    else log.warn('a message was left that no workflow of ours sends', { signal, reason: undecodableReason(given) ?? 'its fields are others' });
  };
}

/** The same of a message that says everything by its name. */
export function word(signal: string, handle: () => void): (given?: unknown) => void {
  return ours(signal, isWord, handle);
}

function isWord(given: unknown): given is unknown {
  return given === undefined || given === null || (isObject(given) && undecodableReason(given) === null);
}

export function isNodeProgress(given: unknown): given is NodeProgressMessage {
  return isObject(given) && isText(given['node']) && isState(given['state']) && isStep(given['step']);
}

export function isNodeResult(given: unknown): given is NodeResultMessage {
  return isObject(given) && isText(given['upgrade']) && isText(given['node']) && isCount(given['retry']) && isResult(given['result']);
}

/** How a node may end; its message to the upgrade, and its workflow's result. */
export function isResult(result: unknown): result is NodeResult {
  return isObject(result) && ENDS.some((state) => state === result['state']) && isStepOrNull(result['step']) && isFailureOrNull(result['failure'])
    && isTimes(result['times']) && (result['drainForced'] === undefined || typeof result['drainForced'] === 'boolean');
}

const ENDS = ['done', 'skipped', 'held', 'rolled-back'] as const satisfies readonly NodeResult['state'][];

/** A node has some ten steps. */
const MOST_STEPS = 100;

function isTimes(times: unknown): boolean {
  return isObject(times) && isListOf(times['steps'], isReportedStep) && isListOf(times['busy'], isSpan) && (times['total'] === null || isTotal(times['total']))
    && [times['steps'], times['busy']].every((list) => Array.isArray(list) && list.length <= MOST_STEPS);
}

function isReportedStep(step: unknown): boolean {
  return isObject(step) && isShort(step['step'], LONGEST_NOTE) && isTime(step['startedAt']) && isCount(step['seconds']) && isCount(step['busySeconds']) && isCount(step['attempts']) && isShort(step['note'], LONGEST_NOTE);
}

function isTotal(total: unknown): boolean {
  return isObject(total) && isTime(total['startedAt']) && isCount(total['steps']) && isCount(total['seconds']) && isCount(total['busySeconds']) && isCount(total['attempts']);
}

function isSpan(span: unknown): boolean {
  return Array.isArray(span) && span.length === 2 && span.every(isEpochMs);
}

export function isNodePolicy(given: unknown): given is NodePolicyMessage {
  return isObject(given) && isAmount(given['maxUnavailable']) && isAmount(given['drainTimeoutSeconds']);
}

export function isRestoreProgress(given: unknown): given is RestoreProgressMessage {
  return isObject(given) && typeof given['stopped'] === 'boolean'
    && isListOf(given['nodes'], (node) => isObject(node) && isText(node['node']) && isState(node['state']) && isStepOrNull(node['step']) && isFailureOrNull(node['failure']));
}

/** What is kept in the state of an upgrade goes from run to run. Ours are cut to this where they are made. */
function isShort(value: unknown, longest: number): boolean {
  return isText(value) && value.length <= longest;
}

function isState(value: unknown): boolean {
  return NODE_STATES.some((state) => state === value);
}

function isStep(value: unknown): boolean {
  return NODE_STEPS.some((step) => step === value);
}

function isStepOrNull(value: unknown): boolean {
  return value === null || isStep(value);
}

function isFailureOrNull(value: unknown): boolean {
  return value === null || (isObject(value) && isText(value['type']) && isShort(value['message'], LONGEST_MESSAGE)
    && [value['next'], value['path']].every((text) => text === undefined || isShort(text, LONGEST_MESSAGE)));
}

function isAmount(value: unknown): boolean {
  return isCount(value) && value > 0;
}
