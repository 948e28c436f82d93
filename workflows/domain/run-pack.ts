import { NODE_NOTES } from './amend-node.ts';
import { NO_CONTROL } from './control.ts';
import type { ControlState } from './control.ts';
import type { Coverage } from './coverage.ts';
import type { Finding } from './check.ts';
import { packDecision, unpackDecision } from './decision.ts';
import type { PackedDecision } from './decision.ts';
import type { Failure } from './failure.ts';
import type { UpgradePlan } from './plan.ts';
import type { Approval, ResumeReport } from './resume-report.ts';
import { newNodeRun } from './run.ts';
import type { ClusterRun, NodeRun } from './run.ts';
import { NODE_STATES, NODE_STEPS } from './state.ts';
import type { UpgradePhase } from './state.ts';
import type { ReportedStep } from './status.ts';
import type { SnapshotResult } from './step.ts';

/** A run as it goes from one history to the next: without its plan, which goes beside it, and with a row a node. */
export interface PackedRun {
  readonly id: string;
  readonly startedAt: string;
  readonly applied: boolean;
  readonly tainted: boolean;
  readonly phase: UpgradePhase;
  /** Absent is true. */
  readonly begun?: boolean;
  readonly phasesDone: readonly UpgradePhase[];
  readonly addonsDone: readonly string[];
  /** One that an older version has packed may lack what came later. */
  readonly control: Partial<ControlState>;
  readonly decisions?: readonly PackedDecision[];
  readonly approval?: Approval | null;
  readonly resumed?: ResumeReport | null;
  readonly steps: readonly ReportedStep[];
  readonly covered: Coverage;
  readonly findings: readonly Finding[];
  readonly snapshot: SnapshotResult | null;
  readonly failure: Failure | null;
  /** In the order of the plan's nodes; 0 for one to which nothing has happened. */
  readonly nodes: readonly (PackedNode | 0)[];
}

/**
 * `[state, step, since, retries, flags, total, failure?, steps?]`: places in `NODE_STATES` and `NODE_STEPS`, milliseconds since
 * the run's start, and `total` as `[startedAt, steps, milliseconds, busy milliseconds, attempts]`.
 */
export type PackedNode = readonly [
  state: number, step: number, sinceMs: number, retries: number, flags: number, total: readonly number[], failure?: Failure | null, steps?: readonly ReportedStep[],
];

const FLAGS = { staged: 1, changed: 2, inFlight: 4, drained: 8, rollsBack: 16 } as const;
/** The place of a note in `NODE_NOTES`, from 1, is in the bits above those of `FLAGS`. */
const NOTE_UNIT = 4096;
const NONE = -1;

export function packRun(run: ClusterRun): PackedRun {
  const { plan: _plan, nodes, decisions, ...rest } = run;
  const startMs = Date.parse(run.startedAt);
  return { ...rest, decisions: decisions.map((decision) => packDecision(decision, startMs)), nodes: nodes.map((node, index) => packNode(node, run.plan.nodes[index]?.changes ?? false, startMs)) };
}

export function unpackRun({ nodes, decisions = [], ...packed }: PackedRun, plan: UpgradePlan): ClusterRun {
  const startMs = Date.parse(packed.startedAt);
  return {
    ...packed, plan, begun: packed.begun ?? true, approval: packed.approval ?? null, resumed: packed.resumed ?? null, control: { ...NO_CONTROL, ...packed.control }, decisions: decisions.map((decision) => unpackDecision(decision, startMs)), phasesDone: [...packed.phasesDone], addonsDone: [...packed.addonsDone], steps: [...packed.steps],
    nodes: plan.nodes.map((planned, index) => unpackNode(nodes[index] ?? 0, newNodeRun(planned.name, planned.changes), startMs)),
  };
}

function packNode(node: NodeRun, changes: boolean, startMs: number): PackedNode | 0 {
  if (node.since === null && node.state === (changes ? 'pending' : 'done') && node.retries === 0 && node.note === null) return 0;
  const flags = Object.entries(FLAGS).reduce((sum, [name, flag]) => sum + (Reflect.get(node, name) === true ? flag : 0), 0);
  const note = node.note === null ? 0 : NODE_NOTES.indexOf(node.note) + 1;
  const { total } = node;
  const head = [
    NODE_STATES.indexOf(node.state), node.step === null ? NONE : NODE_STEPS.indexOf(node.step), node.since === null ? NONE : Date.parse(node.since) - startMs, node.retries, flags + note * NOTE_UNIT,
    total === null ? [] : [Date.parse(total.startedAt) - startMs, total.steps, Math.round(total.seconds * 1000), Math.round(total.busySeconds * 1000), total.attempts],
  ] as const;
  if (node.steps.length > 0) return [...head, node.failure, node.steps];
  return node.failure === null ? head : [...head, node.failure];
}

function unpackNode(packed: PackedNode | 0, fresh: NodeRun, startMs: number): NodeRun {
  if (packed === 0) return fresh;
  const [state, step, sinceMs, retries, flags, total, failure, steps] = packed;
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const [totalMs = 0, count = 0, ms = 0, busyMs = 0, attempts = 0] = total;
  return {
    name: fresh.name, state: NODE_STATES[state] ?? fresh.state, step: NODE_STEPS[step] ?? null, since: sinceMs === NONE ? null : iso(startMs + sinceMs), retries,
    staged: has(FLAGS.staged), changed: has(FLAGS.changed), rollsBack: has(FLAGS.rollsBack), inFlight: has(FLAGS.inFlight), drained: has(FLAGS.drained),
    failure: failure ?? null, note: NODE_NOTES[Math.floor(flags / NOTE_UNIT) - 1] ?? null, steps: [...(steps ?? [])],
    total: total.length === 0 ? null : { startedAt: iso(startMs + totalMs), steps: count, seconds: ms / 1000, busySeconds: busyMs / 1000, attempts },
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
