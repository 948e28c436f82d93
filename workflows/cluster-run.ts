import { condition, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { cover } from './domain/coverage.ts';
import { reachPause } from './domain/control.ts';
import type { PlannedNode } from './domain/plan.ts';
import { progressTable } from './domain/progress.ts';
import { spanOf } from './domain/report.ts';
import { DETAILED_NODES, newClusterRun, TALKATIVE_NODES } from './domain/run.ts';
import type { ClusterRun, NodeRun } from './domain/run.ts';
import { unpackRun } from './domain/run-pack.ts';
import { isOver, statusOf } from './domain/run-status.ts';
import type { UpgradeSpec } from './domain/spec.ts';
import type { UpgradePhase } from './domain/state.ts';
import type { ReportedStep } from './domain/status.ts';
import type { StepResult, UpgradeRef } from './domain/step.ts';
import { MOST_EVENTS, openHistory } from './history.ts';
import type { History } from './history.ts';
import { searchAttributes, upgradeId } from './messages.ts';
import type { UpgradeClusterInput } from './messages.ts';
import { reportedStep } from './reported-step.ts';

/** One upgrade while it runs: its state, what the operator said, and the few verbs that the runbook is written in. */
export interface ClusterRunner {
  readonly input: UpgradeClusterInput;
  readonly spec: UpgradeSpec;
  readonly startedBy: string;
  readonly upgrade: UpgradeRef;
  readonly epochMs: number;
  readonly state: ClusterRun;
  /** Nodes that carry an etcd member. */
  readonly members: readonly PlannedNode[];
  /** Names of nodes that hold a slot: in flight, or held. */
  readonly open: Set<string>;
  /** Workflows of nodes that this very run started and that have not ended, by run id. */
  readonly children: Set<string>;
  /** Nodes of them that end without a word to the next run, with the number of their try; see `adoptChildren`. */
  readonly silent: Map<string, number>;
  /** Nodes in flight whose workflow an earlier run of this upgrade started. */
  readonly inherited: Set<string>;
  /** Held nodes that are being given back after a skip. */
  readonly releasing: Set<string>;
  /** Where a restore of the whole cluster is, which this upgrade runs. */
  readonly restoring: { stage: 'none' | 'landing' | 'running' | 'over'; stopped: boolean };
  /** Ends the upgrade at its next boundary, as a cancellation requested in Temporal does. */
  readonly cancel: () => void;
  /** False where there are too many nodes for each to tell its steps. */
  readonly isTalkative: boolean;
  readonly history: History;
  readonly enter: (phase: UpgradePhase) => void;
  readonly leave: (phase: UpgradePhase) => void;
  /** Call after any change of the state: wakes who waits for one, and refreshes what people see. */
  readonly show: () => void;
  /** Lays phases and windows out anew: this run continues as new at its next safe point, and begins nothing before. */
  readonly renew: () => void;
  /** Grows with every change of the state. */
  readonly changes: () => number;
  readonly node: (name: string) => NodeRun;
  readonly planned: (name: string) => PlannedNode;
  readonly record: (step: ReportedStep) => void;
  /** Runs a step of the cluster as a whole and records it. */
  readonly step: <T extends StepResult>(name: string, call: () => Promise<T>) => Promise<T>;
  /** Runs anything that must have ended before this run may continue as new. */
  readonly work: <T>(call: () => Promise<T>) => Promise<T>;
  /** Waits while the operator has paused or a node is held. */
  readonly mayGoOn: () => Promise<void>;
  readonly maySchedule: () => boolean;
  /** Waits until `ready`; the time counts as a person's. */
  readonly waitForPerson: (ready: () => boolean) => Promise<void>;
  /** True where nothing runs that was given to `work`. */
  readonly isIdle: () => boolean;
  /** True where nothing that was begun would be lost by continuing as new. */
  readonly isQuiet: () => boolean;
}

/** A table of hundreds of nodes is drawn this often at most. */
const REDRAW_MS = 10_000;

/** Opens the run. Messages are opened right after, before the first await, so that no signal or query comes too early. */
export function openClusterRun(input: UpgradeClusterInput, cancel: () => void): ClusterRunner {
  const info = workflowInfo();
  const id = upgradeId(input.spec.name, input.plan.to, info.firstExecutionRunId);
  const state: ClusterRun = input.resume === undefined ? newClusterRun(id, input.plan, info.startTime.toISOString()) : unpackRun(input.resume, input.plan);
  const upgrade: UpgradeRef = { cluster: input.spec.name, clusterUid: input.plan.clusterUid, id: state.id, workflowId: info.workflowId, access: input.spec.access };
  const places = new Map(state.nodes.map((node, index) => [node.name, index]));
  const open = new Set(state.nodes.filter((node) => node.inFlight || node.state === 'held').map((node) => node.name));
  const children = new Set<string>();
  const silent = new Map<string, number>();
  const inherited = new Set(state.nodes.filter((node) => node.inFlight).map((node) => node.name));
  const releasing = new Set<string>();
  const isTalkative = state.plan.nodes.filter((node) => node.changes).length <= TALKATIVE_NODES && input.limits === undefined;
  const shown = { state: '', drawnMs: 0 };
  let changes = 0;
  let working = 0;

  const history = openHistory(input.limits?.events ?? MOST_EVENTS, () => ({
    children: children.size, inherited: inherited.size, activities: working,
  }));

  function isHeld(): boolean {
    for (const name of open) if (nodeOf(name).state === 'held') return true;
    return false;
  }

  function upgradeStateNow(): string {
    if (isOver(state.phase)) return state.phase;
    if (isHeld()) return 'held';
    return state.control.pause === null && state.approval === null ? 'running' : 'paused';
  }

  /** An amended plan has its new nodes last. */
  function placeOf(name: string): number {
    return places.get(name) ?? state.nodes.findIndex((node) => node.name === name);
  }

  function nodeOf(name: string): NodeRun {
    const node = state.nodes[placeOf(name)];
    if (node === undefined) throw new Error(`node ${name} is not in the plan`);
    return node;
  }

  function show(): void {
    changes += 1;
    const now = upgradeStateNow();
    const isSame = shown.state === `${now} ${state.phase}`;
    if (isSame && state.nodes.length > DETAILED_NODES && Date.now() - shown.drawnMs < REDRAW_MS) return;
    Object.assign(shown, { state: `${now} ${state.phase}`, drawnMs: Date.now() });
    setCurrentDetails(progressTable(statusOf(state, input.by)));
    if (isSame) return;
    history.expect(1);
    upsertSearchAttributes(searchAttributes({ cluster: state.plan.cluster, target: state.plan.to, phase: state.phase, state: now }));
  }

  async function work<T>(call: () => Promise<T>): Promise<T> {
    working += 1;
    history.expect(1);
    try {
      return await call();
    } finally {
      working -= 1;
    }
  }

  async function waitForPerson(ready: () => boolean): Promise<void> {
    if (ready()) return;
    const fromMs = Date.now();
    try {
      await condition(ready);
    } finally {
      state.covered = cover(state.covered, [[fromMs, Date.now()]]);
    }
  }

  function record(step: ReportedStep): void {
    state.steps.push(step);
    state.covered = cover(state.covered, [spanOf(step)]);
  }

  const maySchedule = (): boolean => state.control.cancel === null && upgradeStateNow() === 'running';
  return {
    input, spec: input.spec, startedBy: input.by, upgrade, epochMs: info.runStartTime.getTime(), state, open, children, silent, inherited, releasing, cancel, restoring: { stage: 'none', stopped: false }, isTalkative, history, show, waitForPerson, maySchedule, record, work,
    members: state.plan.nodes.filter((node) => node.roles.includes('etcd')),
    enter: (phase) => {
      state.phase = phase;
      show();
    },
    leave: (phase) => {
      state.phasesDone.push(phase);
      state.control = reachPause(state.control, phase, now());
      show();
    },
    renew: history.end,
    changes: () => changes,
    node: nodeOf,
    planned: (name) => {
      const planned = state.plan.nodes[placeOf(name)];
      if (planned === undefined) throw new Error(`node ${name} is not in the plan`);
      return planned;
    },
    step: (name, call) => work(async () => {
      const result = await call();
      record(reportedStep(name, result));
      return result;
    }),
    mayGoOn: () => waitForPerson(maySchedule),
    isIdle: () => working === 0,
    isQuiet: () => working === 0 && silent.size === 0,
  };
}

/** The workflow's clock, ISO. */
export function now(): string {
  return new Date(Date.now()).toISOString();
}
