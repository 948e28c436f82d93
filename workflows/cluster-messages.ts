import { CancellationScope, setHandler } from '@temporalio/workflow';
import { now } from './cluster-run.ts';
import type { ClusterRunner } from './cluster-run.ts';
import { applyMessage, notHeld } from './domain/apply-message.ts';
import { withDecision } from './domain/decision.ts';
import type { Decision, DecisionKind } from './domain/decision.ts';
import { readMessage, readResolution } from './domain/operator-message.ts';
import type { OperatorMessage, ReadMessage } from './domain/operator-message.ts';
import type { UpgradePlan } from './domain/plan.ts';
import { reportOf, rollbackView, statusOf } from './domain/run-status.ts';
import type { UpgradeReport } from './domain/status.ts';
import type { ControlledNode, UpgradeFacts } from './domain/upgrade-facts.ts';
import { landNode } from './flight.ts';
import { drainOf, forward, forwardPolicy } from './forward.ts';
import { decisionOf, onSignal, refuse } from './hear.ts';
import {
  approveSignal, approveUpdate, cancelSignal, nodeProgressSignal, nodeResultSignal, pauseSignal, planQuery, probeSignal, reportQuery, resolveHoldUpdate, restoreProgressSignal, resumeSignal, retryNodeSignal,
  rollbackSignal, rollbackUpdate, setPolicyUpdate, skipNodeSignal, statusQuery,
} from './messages.ts';
import { DRAINED } from './node-sequence.ts';
import { isNodeProgress, isNodeResult, isRestoreProgress, ours } from './own-messages.ts';
import { passToRestore, takeProgress, wholeGoesBack } from './restore-whole.ts';

/** Takes messages from the first moment on. Handlers only fold them into the state; the runbook acts on it at its safe points. */
export function openMessages(run: ClusterRunner): void {
  const { state } = run;
  const signal = (kind: DecisionKind): ((given: unknown) => void) => onSignal(kind, (read) => hear(run, read));
  setHandler(pauseSignal, signal('pause'), { description: 'Start no further node; with now: stop nodes in flight between steps' });
  setHandler(resumeSignal, signal('resume'), { description: 'Go on after a pause' });
  setHandler(skipNodeSignal, signal('skip'), { description: 'Leave a node as it is' });
  setHandler(retryNodeSignal, signal('retry'), { description: 'Try a held node again from the step that failed' });
  setHandler(cancelSignal, signal('cancel'), { description: 'End the upgrade at the next boundary of each node, and release what is ours' });
  setHandler(rollbackSignal, signal('rollback'), { description: 'Take a held or upgraded node, all workers, or with confirm the whole cluster, back to what they were' });
  setHandler(approveSignal, signal('approve'), { description: 'Say yes to the plan that waits, by its hash' });
  setHandler(approveUpdate, (given) => hear(run, readMessage('approve', given)), {
    validator: (given) => refuse(refusalOf(run, readMessage('approve', given))),
    description: 'Say yes to the plan that waits, by its hash; says whether it is the one',
  });
  setHandler(resolveHoldUpdate, (given) => hear(run, readResolution(given)), {
    validator: (given) => refuse(resolutionRefusal(run, readResolution(given))),
    description: 'Decide about a held node: retry, skip, rollback, or force-drain with confirm',
  });
  setHandler(rollbackUpdate, (given) => hear(run, readMessage('rollback', given)), {
    validator: (given) => refuse(refusalOf(run, readMessage('rollback', given))),
    description: 'Take a held or upgraded node, all workers, or with confirm the whole cluster, back to what they were; says whether it can be done',
  });
  setHandler(setPolicyUpdate, (given) => hear(run, readMessage('set', given)), {
    validator: (given) => refuse(refusalOf(run, readMessage('set', given))),
    description: 'Set maxUnavailable and drainTimeout of a pool, or of all',
  });
  openNodeMessages(run);
  setHandler(restoreProgressSignal, ours('restoreProgress', isRestoreProgress, (progress) => takeProgress(run, progress)));
  // Until then a cancellation requested in Temporal ends the body, which notes it; a restore hears of it as of any other word.
  void CancellationScope.current().cancelRequested.catch(() => { if (wholeGoesBack(run)) hear(run, readMessage('cancel', { reason: 'requested in Temporal' })); });
  setHandler(probeSignal, () => undefined);
  setHandler(statusQuery, () => statusOf(state, run.startedBy), { description: 'Phase and nodes' });
  setHandler(planQuery, () => state.plan, { description: 'The plan that is executed' });
  setHandler(reportQuery, (): UpgradeReport => reportOf(state, run.startedBy, now()), { description: 'Times of every step' });
}

/** What nodes in flight tell. */
function openNodeMessages(run: ClusterRunner): void {
  setHandler(nodeProgressSignal, ours('nodeProgress', isNodeProgress, ({ node, state: entered, step }) => {
    if (!run.open.has(node)) return;
    const own = run.node(node);
    if (!own.inFlight) return;
    own.changed ||= step === 'upgradeEtcdMember' || step === 'upgradeControlPlane';
    own.drained ||= DRAINED.includes(step);
    Object.assign(own, { state: entered, step, since: now() });
    run.show();
  }));
  setHandler(nodeResultSignal, ours('nodeResult', isNodeResult, ({ upgrade, node, retry, result }) => {
    if (upgrade === run.state.id) landNode(run, node, retry, result);
  }));
}

/** Folds a person's message into the state, notes it as a decision, refused or not, and passes it on to the nodes that it concerns. */
export function hear(run: ClusterRunner, read: ReadMessage): Decision {
  const { state } = run;
  const at = now();
  const before = state.control;
  const { control, refusal } = read.ok ? applyMessage(before, read.message, factsOf(run), at) : { control: before, refusal: read.refusal };
  const decision = decisionOf(read, refusal, at);
  state.decisions = withDecision(state.decisions, decision);
  state.control = control;
  if (read.ok && refusal === null) passOn(run, read.message);
  run.show();
  return decision;
}

function passOn(run: ClusterRunner, message: OperatorMessage): void {
  if (wholeGoesBack(run)) return message.kind === 'rollback' ? run.cancel() : passToRestore(run, message);
  const inFlight = [...run.open].filter((name) => run.node(name).inFlight);
  switch (message.kind) {
    case 'pause':
      if (run.state.control.resume === null) endGrowthWait(run);
      if (run.state.control.pause?.now === true) forward(run, 'pause', inFlight);
      return;
    case 'resume':
      // Nodes in flight go on once the cluster was read again (`come-back.ts`).
      endGrowthWait(run);
      return;
    case 'skip':
      if (inFlight.includes(message.node)) forward(run, 'skipNode', [message.node]);
      return;
    case 'force-drain':
      if (inFlight.includes(message.node)) forward(run, 'forceDrain', [message.node]);
      return;
    case 'set':
      forwardPolicy(run, inFlight.filter((name) => !run.node(name).drained && (message.pool === null || run.planned(name).pool === message.pool)));
      return;
    case 'cancel':
      run.cancel();
      return;
    case 'approve':
    case 'rollback':
    case 'retry':
  }
}

/** Another word about the pause: the cluster is read again before anybody is asked. */
function endGrowthWait({ state }: ClusterRunner): void {
  if (state.approval?.kind === 'growth') state.approval = null;
}

function refusalOf(run: ClusterRunner, read: ReadMessage): string | null {
  return read.ok ? applyMessage(run.state.control, read.message, factsOf(run), '').refusal : read.refusal;
}

/** Signals may skip a node before its turn, and take back one that is done; this update decides about a held one. */
function resolutionRefusal(run: ClusterRunner, read: ReadMessage): string | null {
  const refusal = refusalOf(run, read);
  if (refusal !== null || !read.ok || (read.message.kind !== 'skip' && read.message.kind !== 'rollback')) return refusal;
  const name = read.message.node ?? '';
  return notHeld(controlledNode(run, name), name);
}

function factsOf(run: ClusterRunner): UpgradeFacts {
  const { state, spec } = run;
  return {
    cluster: spec.name, plan: livePlan(state), phase: state.phase, phasesDone: state.phasesDone, approval: state.approval,
    isEnding: state.failure !== null || state.phasesDone.includes('verify') || run.restoring.stage === 'over', isStopped: run.restoring.stopped, snapshot: state.snapshot, node: (name) => controlledNode(run, name),
    rollbackNodes: () => rollbackView(state).nodes,
  };
}

/** The plan without nodes that are gone: a share of a pool is one of what is there. */
function livePlan({ plan, nodes }: ClusterRunner['state']): UpgradePlan {
  const gone = nodes.filter(({ note }) => note === 'gone').map(({ name }) => name);
  return gone.length === 0 ? plan : { ...plan, nodes: plan.nodes.filter(({ name }) => !gone.includes(name)) };
}

function controlledNode(run: ClusterRunner, name: string): ControlledNode | null {
  const planned = run.state.plan.nodes.find((node) => node.name === name);
  if (planned === undefined) return null;
  const { state, step, changed, inFlight, drained, rollsBack } = run.node(name);
  return {
    name, roles: planned.roles, state, step, changed, inFlight, drained, rollsBack, tellsSteps: run.isTalkative || planned.roles.includes('control-plane'),
    drains: drainOf(run, planned).enabled, releasing: run.releasing.has(name),
  };
}
