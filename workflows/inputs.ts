import { isListOf, isObject, isText } from './domain/shape.ts';
import { undecodableReason } from './domain/undecodable.ts';
import { isPlan, isPlanned } from './plan-shape.ts';

/** Why a workflow cannot begin with this input; null where its roots are as they should be. */
export function inputProblem(given: unknown): string | null {
  const reason = undecodableReason(given);
  if (reason !== null) return `it cannot be decoded: ${reason}`;
  if (!isObject(given)) return 'it is not a JSON object';
  return 'spec' in given || !('upgrade' in given) ? clusterProblem(given) : nodeProblem(given);
}

/** True for a run that goes on where one before it has ended. */
export function isContinued(given: unknown): boolean {
  return isObject(given) && given['resume'] !== undefined;
}

function clusterProblem({ spec, plan }: Readonly<Record<string, unknown>>): string | null {
  if (!isObject(spec) || !isText(spec['name']) || !isObject(spec['access'])) return 'it has no spec with name and access';
  if (plan === undefined) return null;
  // A restore is of an upgrade.
  const isWhole = isObject(plan) && 'upgrade' in plan ? isText(plan['upgrade']) && isText(plan['to']) && isObject(plan['snapshot']) && isListOf(plan['nodes'], isPlanned) : isPlan(plan);
  return isWhole ? null : 'it has no plan with a target and nodes';
}

function nodeProblem({ upgrade, node }: Readonly<Record<string, unknown>>): string | null {
  if (!isObject(upgrade) || !isText(upgrade['id']) || !isText(upgrade['workflowId'])) return 'it does not say of which upgrade it is';
  return isPlanned(node) ? null : 'it names no node';
}
