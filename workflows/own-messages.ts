import { log } from '@temporalio/workflow';
import { NODE_STATES, NODE_STEPS } from './domain/state.ts';
import type { NodePolicyMessage, NodeProgressMessage, NodeResultMessage, RestoreProgressMessage } from './messages.ts';

/**
 * Handles what workflows tell one another. Anybody can send it from the Web UI as well, with anything in it; a handler that
 * throws would stop its workflow for good, so what no workflow of ours sends is noted in the worker's log and left.
 */
export function ours<Message>(signal: string, isOurs: (given: unknown) => given is Message, handle: (message: Message) => void): (given?: unknown) => void {
  return (given) => {
    if (isOurs(given)) handle(given);
    else log.warn('a message was left that no workflow of ours sends', { signal });
  };
}

export function isNodeProgress(given: unknown): given is NodeProgressMessage {
  return isObject(given) && typeof given['node'] === 'string' && isState(given['state']) && isStep(given['step']);
}

export function isNodeResult(given: unknown): given is NodeResultMessage {
  if (!isObject(given) || typeof given['upgrade'] !== 'string' || typeof given['node'] !== 'string' || typeof given['retry'] !== 'number') return false;
  const result = given['result'];
  if (!isObject(result) || !isState(result['state']) || !isStepOrNull(result['step']) || !isFailureOrNull(result['failure'])) return false;
  const times = result['times'];
  return isObject(times) && Array.isArray(times['steps']) && Array.isArray(times['busy']) && (times['total'] === null || isObject(times['total']));
}

export function isNodePolicy(given: unknown): given is NodePolicyMessage {
  return isObject(given) && isAmount(given['maxUnavailable']) && isAmount(given['drainTimeoutSeconds']);
}

export function isRestoreProgress(given: unknown): given is RestoreProgressMessage {
  if (!isObject(given) || typeof given['stopped'] !== 'boolean' || !Array.isArray(given['nodes'])) return false;
  return given['nodes'].every((node: unknown) => isObject(node) && typeof node['node'] === 'string' && isState(node['state']) && isStepOrNull(node['step']) && isFailureOrNull(node['failure']));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
  return value === null || (isObject(value) && typeof value['type'] === 'string' && typeof value['message'] === 'string');
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
