import { comesBefore, firstChange, NODE_STEPS, STATE_OF_STEP } from '../../workflows/domain/state.ts';
import type { NodeState, UpgradeState } from '../../workflows/domain/state.ts';
import type { NodeStatus, UpgradeStatus } from '../../workflows/domain/status.ts';
import { pausedWords } from '../temporal/own-controls.ts';
import type { RunningStep, TemporalPause } from '../temporal/port.ts';
import { decisionLines } from './decisions.ts';
import { wordLines } from './plan-words.ts';
import { approvalLines, problemLines, resumedLines } from './resumed.ts';
import { table } from './table.ts';
import type { TableOptions } from './table.ts';
import { elapsed, firstLine, paint, plain, timeOf } from './text.ts';
import type { Colour } from './text.ts';

/** Output of `capstan status -o json`: the query's answer, and the steps as Temporal sees them. */
export interface StatusView extends UpgradeStatus {
  readonly activities: readonly RunningStep[];
  /** What somebody has paused by Temporal's own means; absent where nothing is. */
  readonly pausedInTemporal?: readonly TemporalPause[];
}

/** The report has them all. */
const LAST_DECISIONS = 3;

export interface StatusOptions extends TableOptions {
  readonly isWide: boolean;
  readonly nowMs: number;
}

const NODE_COLOUR = {
  pending: 'dim', preparing: 'cyan', cordoning: 'cyan', draining: 'cyan', upgrading: 'cyan', verifying: 'cyan',
  done: 'green', skipped: 'yellow', held: 'red', 'rolled-back': 'yellow',
} as const satisfies Record<NodeState, Colour>;

const STATE_COLOUR = {
  running: 'cyan', paused: 'yellow', held: 'red', done: 'green', 'rolled-back': 'yellow', cancelled: 'yellow', failed: 'red',
} as const satisfies Record<UpgradeState, Colour>;

/** The upgrade as a headline, a table of its nodes, and what a person should know or do. */
export function statusTable(view: StatusView, options: StatusOptions): string {
  const below = [...clusterSteps(view.activities), ...troubles(view), ...wayBackLines(view)];
  return [
    headline(view, options),
    ...(view.pause === null ? [] : [pauseLine(view)]),
    ...resumeLines(view),
    ...temporalPauseLines(view.pausedInTemporal ?? []),
    ...(view.cancel === null ? [] : [cancelLine(view.cancel)]),
    ...policyLines(view.policy),
    ...(view.executes === undefined ? [] : ['', ...wordLines(view.executes)]),
    ...(view.nodes.length === 0 ? [] : ['', nodesTable(view, options)]),
    ...(below.length === 0 ? [] : ['', ...below]),
    ...(view.decisions.length === 0 ? [] : ['', ...decisionLines(view.decisions, LAST_DECISIONS)]),
  ].join('\n');
}

export function headline(view: UpgradeStatus, { colour, nowMs }: Pick<StatusOptions, 'colour' | 'nowMs'>): string {
  const done = view.nodes.filter(({ state }) => state === 'done').length;
  const isOver = view.state === 'done' || view.state === 'rolled-back' || view.state === 'failed' || view.state === 'cancelled';
  const phase = isOver ? '' : `, phase ${view.phase}`;
  const since = isOver ? `started ${timeOf(view.startedAt)}` : `for ${elapsed(nowMs - Date.parse(view.startedAt))}`;
  return `${paint(plain(view.cluster), 'bold', colour)}  ${view.from} → ${view.to}  ${paint(view.state, STATE_COLOUR[view.state], colour)}${phase}`
    + `, ${done}/${view.nodes.length} nodes done, ${since} by ${plain(view.startedBy)}`;
}

function pauseLine({ cluster, pause, resuming, approval }: StatusView): string {
  const { by = '', reason = '', at = '' } = pause ?? {};
  const next = resuming !== undefined || approval?.kind === 'growth' ? '' : ` Go on with: capstan resume --cluster ${plain(cluster)}`;
  return `Paused by ${plain(by)} at ${timeOf(at)}${reason === '' ? '' : `: ${plain(reason)}`}.${next}`;
}

/** `capstan resume` does not undo it. */
function temporalPauseLines(pauses: readonly TemporalPause[]): readonly string[] {
  return pauses.map((pause) => {
    const what = pause.step === null ? (pause.node === null ? 'The upgrade' : `The workflow of ${plain(pause.node)}`) : `${plain(pause.step)}${pause.node === null ? '' : ` of ${plain(pause.node)}`}`;
    return `${what} is ${plain(pausedWords(pause))}. Go on with: ${plain(pause.undo)}`;
  });
}

/** What became of the wish to go on. */
function resumeLines(view: StatusView): readonly string[] {
  const { cluster, resuming, approval, resumed } = view;
  return [
    ...(resuming === undefined ? [] : [`${plain(resuming.by)} wants to go on since ${timeOf(resuming.at)}: the cluster is read again first.`]),
    ...resumedLines(view),
    ...((resumed?.problem ?? null) === null || resuming !== undefined ? [] : problemLines(view, cluster)),
    ...(approval === undefined ? [] : approvalLines(approval, cluster)),
  ];
}

function cancelLine({ by, reason, at }: NonNullable<UpgradeStatus['cancel']>): string {
  return `Cancelled by ${plain(by)} at ${timeOf(at)}${reason === '' ? '' : `: ${plain(reason)}`}.`;
}

function policyLines(policy: UpgradeStatus['policy']): readonly string[] {
  return policy.map(({ pool, maxUnavailable, drainTimeoutSeconds }) => {
    const values = [maxUnavailable === null ? '' : `maxUnavailable=${maxUnavailable}`, drainTimeoutSeconds === null ? '' : `drainTimeout=${elapsed(drainTimeoutSeconds * 1000)}`];
    return `Set for ${pool === null ? 'the control plane' : `pool ${plain(pool)}`}: ${values.filter((value) => value !== '').join(', ')}`;
  });
}

function nodesTable(view: StatusView, options: StatusOptions): string {
  const { isWide, nowMs } = options;
  const head = ['NODE', 'ROLES', 'POOL', 'STATE', 'STEP', 'FOR', 'VERSION', ...(isWide ? ['SINCE', 'ATTEMPT'] : []), 'NOTE'];
  const running = new Map(view.activities.map((step) => [step.node, step]));
  const rows = view.nodes.map((node) => {
    const activity = running.get(node.name);
    const state = stateOf(node, activity);
    return [
      node.name, node.roles.join(','), node.pool ?? '', { text: state, colour: NODE_COLOUR[state] }, stepOf(node, activity),
      timeInState(node, nowMs), versionOf(node),
      ...(isWide ? [node.since ?? '', activity === undefined ? '' : String(activity.attempt)] : []), note(node, activity),
    ];
  });
  return table(head, rows, options);
}

/** In a large upgrade nodes do not tell their steps; Temporal knows them. */
function stateOf({ state }: NodeStatus, activity: RunningStep | undefined): NodeState {
  const step = NODE_STEPS.find((known) => known === activity?.step);
  return state === 'preparing' && step !== undefined ? STATE_OF_STEP[step] : state;
}

function stepOf({ state, step }: NodeStatus, activity: RunningStep | undefined): string {
  return state === 'preparing' && activity !== undefined ? activity.step : step ?? '';
}

/** Empty for a node that nothing happens to. */
function timeInState({ state, since }: NodeStatus, nowMs: number): string {
  if (since === null || state === 'pending' || state === 'done' || state === 'skipped' || state === 'rolled-back') return '';
  return elapsed(nowMs - Date.parse(since));
}

function versionOf({ state, from, to }: NodeStatus): string {
  if (state === 'rolled-back') return from;
  return state === 'done' || from === to ? to : `${from} → ${to}`;
}

function note(node: NodeStatus, activity: RunningStep | undefined): string {
  if (node.failure !== null) return firstLine(`${node.failure.type}: ${node.failure.message}`);
  return activity === undefined ? node.note ?? '' : stepNote(activity);
}

/** What a step waits for, on one line. */
export function stepNote({ attempt, failure, message, blockers, pausedInTemporal }: RunningStep): string {
  const parts: string[] = pausedInTemporal === undefined ? [] : [pausedWords(pausedInTemporal)];
  if (message !== null) parts.push(firstLine(message));
  const [first] = blockers;
  // The message of a drain names its pods itself more often than not.
  if (first !== undefined && !(message ?? '').includes(first.pod)) {
    const more = blockers.length === 1 ? '' : ` and ${blockers.length - 1} more`;
    parts.push(`waits for ${first.pod}${first.budget === null ? '' : ` (budget ${first.budget})`}${more}`);
  }
  // Last, since a narrow terminal cuts the line: what it waits for now matters more than why it was tried again.
  if (attempt > 1) parts.push(failure === null ? `attempt ${attempt}` : `attempt ${attempt}, after ${failure.type}: ${firstLine(failure.message)}`);
  return parts.join('; ');
}

function clusterSteps(activities: readonly RunningStep[]): readonly string[] {
  return activities
    .filter(({ node, attempt, message }) => node === null && (attempt > 1 || message !== null))
    .map((activity) => `${activity.step}: ${stepNote(activity)}`);
}

/** What may be decided about a held node. A control-plane node that has begun to change cannot be skipped. */
function decisionsOn({ name, roles, step }: NodeStatus): readonly string[] {
  const isChanged = roles.includes('control-plane') && step !== null && !comesBefore(step, firstChange(roles));
  return isChanged ? [`retry ${name}`] : [`retry ${name}`, `skip ${name}`];
}

/** Where going back is possible. */
function wayBackLines({ wayBack = [] }: StatusView): readonly string[] {
  return wayBack.map((line) => `Way back: ${plain(line)}`);
}

/** What failed, in full, and the next command for each. */
function troubles(view: StatusView): readonly string[] {
  const held = view.nodes.filter(({ state }) => state === 'held').flatMap((node) => [
    `${node.name} is held at ${node.step ?? 'its start'}: ${node.failure === null ? 'no cause is known' : plain(`${node.failure.type}: ${node.failure.message}`)}`,
    ...(node.failure?.next === undefined ? [] : [`  Next: ${plain(node.failure.next)}`]),
    `  Then: ${decisionsOn(node).map((command) => `capstan ${command} --cluster ${view.cluster}`).join(', or ')}`,
    ...(node.step === 'drainNode' ? [`  Or, to delete the pods that are left, past their budgets: capstan force-drain ${node.name} --confirm ${view.cluster}`] : []),
  ]);
  if (view.failure === null) return held;
  const { type, message, next } = view.failure;
  return [...held, plain(`${type}: ${message}`), ...(next === undefined ? [] : [`  Next: ${plain(next)}`])];
}
