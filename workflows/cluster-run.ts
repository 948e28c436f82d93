import { CancellationScope, condition, continueAsNew, getExternalWorkflowHandle, log, setCurrentDetails, setHandler, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { applyPause, applyResume, applyRetry, applySkip, reachPause } from './domain/control.ts';
import type { ControlledNode } from './domain/control.ts';
import type { PlannedNode } from './domain/plan.ts';
import { progressTable } from './domain/progress.ts';
import { newClusterRun } from './domain/run.ts';
import type { ClusterRun, NodeRun } from './domain/run.ts';
import { reportOf, statusOf, upgradeState } from './domain/run-status.ts';
import type { UpgradeSpec } from './domain/spec.ts';
import type { UpgradePhase } from './domain/state.ts';
import type { ReportedStep, UpgradeReport } from './domain/status.ts';
import type { StepResult, UpgradeRef } from './domain/step.ts';
import {
  nodeProgressSignal, nodeWorkflowId, pauseSignal, planQuery, reportQuery, resumeSignal, retryNodeSignal, SEARCH_ATTRIBUTES, skipNodeSignal, statusQuery, upgradeId,
} from './messages.ts';
import type { UpgradeClusterInput } from './messages.ts';
import { reportedStep } from './reported-step.ts';

/** One upgrade while it runs: its state, what the operator said, and the few verbs that the runbook is written in. */
export interface ClusterRunner {
  readonly spec: UpgradeSpec;
  readonly startedBy: string;
  readonly upgrade: UpgradeRef;
  readonly epochMs: number;
  readonly state: ClusterRun;
  /** Nodes that carry an etcd member. */
  readonly members: readonly PlannedNode[];
  /** Names of nodes whose `upgradeNode` runs now. */
  readonly inFlight: Set<string>;
  readonly enter: (phase: UpgradePhase) => void;
  readonly leave: (phase: UpgradePhase) => void;
  /** Call after any change of the state: refreshes what people see. */
  readonly show: () => void;
  readonly node: (name: string) => NodeRun;
  readonly record: (step: ReportedStep) => void;
  /** Runs a step of the cluster as a whole and records it. */
  readonly step: <T extends StepResult>(name: string, call: () => Promise<T>) => Promise<T>;
  /** Waits while the operator has paused or a node is held. */
  readonly mayGoOn: () => Promise<void>;
  readonly maySchedule: () => boolean;
  /** Waits until `ready`; the time counts as a person's. */
  readonly waitForPerson: (ready: () => boolean) => Promise<void>;
}

/** Opens the run and its messages. Everything is in place before the first await, so that no signal or query comes too early. */
export function openClusterRun(input: UpgradeClusterInput): ClusterRunner {
  const info = workflowInfo();
  const startedAt = info.startTime.toISOString();
  const id = upgradeId(input.spec.name, input.plan.to, info.firstExecutionRunId);
  const state = input.resume ?? newClusterRun(id, input.plan, startedAt);
  const inFlight = new Set<string>();
  const upgrade: UpgradeRef = { cluster: input.spec.name, clusterUid: input.plan.clusterUid, id: state.id, workflowId: info.workflowId, access: input.spec.access };
  let shown = '';

  function show(): void {
    const status = statusOf(state, input.by);
    setCurrentDetails(progressTable(status));
    const now = `${status.state} ${status.phase}`;
    if (now === shown) return;
    shown = now;
    upsertSearchAttributes([
      { key: SEARCH_ATTRIBUTES.cluster, value: status.cluster },
      { key: SEARCH_ATTRIBUTES.target, value: status.to },
      { key: SEARCH_ATTRIBUTES.phase, value: status.phase },
      { key: SEARCH_ATTRIBUTES.state, value: status.state },
    ]);
  }

  async function waitForPerson(ready: () => boolean): Promise<void> {
    if (ready()) return;
    const from = now();
    try {
      await condition(ready);
    } finally {
      state.waits.push({ from, to: now() });
    }
  }

  const maySchedule = (): boolean => upgradeState(state) === 'running';
  const run: ClusterRunner = {
    spec: input.spec, startedBy: input.by, upgrade, epochMs: info.runStartTime.getTime(), state, inFlight, show, waitForPerson, maySchedule,
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
    node: (name) => nodeRunOf(state, name),
    record: (step) => { state.steps.push(step); },
    step: async (name, call) => {
      const result = await call();
      state.steps.push(reportedStep(name, result));
      return result;
    },
    mayGoOn: () => waitForPerson(maySchedule),
  };
  openMessages(run);
  return run;
}

function openMessages(run: ClusterRunner): void {
  const { state } = run;
  const warn = (warning: string | null): void => {
    if (warning !== null) log.warn('message without effect', { warning });
  };
  setHandler(pauseSignal, (message = {}) => {
    state.control = applyPause(state.control, message, now());
    if (state.control.pause?.now === true) forward(run, 'pause', [...run.inFlight]);
    run.show();
  }, { description: 'Start no further node; with now: stop nodes in flight between steps' });
  setHandler(resumeSignal, () => {
    state.control = applyResume(state.control);
    forward(run, 'resume', [...run.inFlight]);
    run.show();
  }, { description: 'Go on after a pause' });
  setHandler(skipNodeSignal, (message) => {
    const { control, warning } = applySkip(state.control, message, controlledNode(run, message.node));
    warn(warning);
    state.control = control;
    if (warning === null && run.inFlight.has(message.node)) forward(run, 'skipNode', [message.node]);
    run.show();
  }, { description: 'Leave a node as it is' });
  setHandler(retryNodeSignal, (message) => {
    const { control, warning } = applyRetry(state.control, message, controlledNode(run, message.node));
    warn(warning);
    state.control = control;
  }, { description: 'Try a held node again from the step that failed' });
  setHandler(nodeProgressSignal, ({ node, state: entered, step }) => {
    const own = state.nodes.find((other) => other.name === node);
    if (own === undefined || !run.inFlight.has(node)) return;
    own.changed ||= step === 'upgradeEtcdMember' || step === 'upgradeControlPlane';
    Object.assign(own, { state: entered, step, since: now() });
    run.show();
  });
  setHandler(statusQuery, () => statusOf(state, run.startedBy), { description: 'Phase and nodes' });
  setHandler(planQuery, () => state.plan, { description: 'The plan that is executed' });
  setHandler(reportQuery, (): UpgradeReport => reportOf(state, run.startedBy, now()), { description: 'Times of every step' });
}

/** Passes a message on to nodes in flight. A node that ends meanwhile needs it no more. */
function forward(run: ClusterRunner, signal: 'pause' | 'resume' | 'skipNode', nodes: readonly string[]): void {
  for (const node of nodes) {
    const handle = getExternalWorkflowHandle(nodeWorkflowId(run.spec.name, node));
    void CancellationScope.nonCancellable(() => handle.signal(signal, { node })).catch((error: unknown) => {
      log.info('message not passed on', { signal, node, cause: String(error) });
    });
  }
}

function controlledNode(run: ClusterRunner, name: string): ControlledNode | null {
  const planned = run.state.plan.nodes.find((node) => node.name === name);
  if (planned === undefined) return null;
  const { state, changed } = run.node(name);
  return { name, roles: planned.roles, state, changed };
}

function nodeRunOf(state: ClusterRun, name: string): NodeRun {
  const node = state.nodes.find((other) => other.name === name);
  if (node === undefined) throw new Error(`node ${name} is not in the plan`);
  return node;
}

/** Begins a new history where the server suggests it. Only between nodes, when none is in flight. */
export async function continueRun(run: ClusterRunner, input: UpgradeClusterInput): Promise<void> {
  if (!workflowInfo().continueAsNewSuggested || run.inFlight.size > 0) return;
  await continueAsNew<(next: UpgradeClusterInput) => Promise<UpgradeReport>>({ ...input, resume: run.state });
}

/** The workflow's clock, ISO. */
export function now(): string {
  return new Date(Date.now()).toISOString();
}
