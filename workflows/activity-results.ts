import type { Activities } from '../activities/index.ts';
import { isCount, isListOf, isObject, isText, isTextOrNull, isTime } from './domain/shape.ts';
import type { StepResult } from './domain/step.ts';
import { undecodableReason } from './domain/undecodable.ts';
import { isPlan, isPlanned } from './plan-shape.ts';

/** Activities whose result is not that of a step. */
type Read = { [Name in keyof Activities]: Awaited<ReturnType<Activities[Name]>> extends StepResult ? never : Name }[keyof Activities];

const READS: Readonly<Record<Read, (result: unknown) => boolean>> = {
  planUpgrade: (result) => isObject(result) && isPlan(result['plan']),
  runPreflight: (result) => isObject(result) && isListOf(result['findings'], isFinding) && isTime(result['startedAt']) && isCount(result['seconds']),
  describeCluster: isObject,
  readLog: (result) => isObject(result) && isText(result['text']) && (result['next'] === null || isCount(result['next'])),
  findLeft: (result) => isObject(result) && isListOf(result['nodes'], isLeftOnNode) && (result['lock'] === null || (isObject(result['lock']) && isText(result['lock']['uid']))),
  observeEtcd: (result) => isObject(result) && isListOf(result['members'], (member) => isObject(member) && isText(member['node'])),
  observeDrains: (result) => isObject(result) && isListOf(result['allowed'], isCount) && isListOf(result['rows'], (row) => isListOf(row, isCount)),
  planRestore: (result) => isObject(result) && isText(result['upgrade']) && isObject(result['snapshot']) && isListOf(result['nodes'], isPlanned) && isListOf(result['workers'], isPlanned),
};

/** Why a workflow cannot go on with this result of an activity; null where it can. */
export function resultProblem(activity: string, result: unknown): string | null {
  const reason = undecodableReason(result);
  if (reason !== null) return `it cannot be decoded: ${reason}`;
  return (isRead(activity) ? READS[activity] : isStepResult)(result) ? null : 'what it must hold is missing or of another kind';
}

function isRead(activity: string): activity is Read {
  return Object.hasOwn(READS, activity);
}

function isStepResult(result: unknown): boolean {
  return isObject(result) && isTime(result['startedAt']) && isCount(result['seconds']) && isCount(result['busySeconds']) && isCount(result['attempt']) && isText(result['note'])
    && (result['restartedAt'] === undefined || result['restartedAt'] === null || isTime(result['restartedAt']));
}

function isFinding(finding: unknown): boolean {
  return isObject(finding) && isText(finding['check']) && isText(finding['severity']) && isTextOrNull(finding['node']) && isText(finding['message']) && isTextOrNull(finding['next']);
}

function isLeftOnNode(node: unknown): boolean {
  return isObject(node) && isText(node['name']) && isTextOrNull(node['mark']);
}
