import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { CancellationScope, condition, getExternalWorkflowHandle, isCancellation, ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { ChildWorkflowHandle } from '@temporalio/workflow';
import { startAfterFormer } from './after-former.ts';
import { now } from './cluster-run.ts';
import type { ClusterRunner } from './cluster-run.ts';
import { endForceDrain, isDrainForced, isSkipped, reachPause, withoutSkip } from './domain/control.ts';
import type { Failure } from './domain/failure.ts';
import type { PlannedNode } from './domain/plan.ts';
import { plannedKubeadm } from './domain/planned-file.ts';
import { addTimes, DETAILED_NODES } from './domain/run.ts';
import { comesBefore, firstChange, FIRST_STEP } from './domain/state.ts';
import type { NodeStep } from './domain/state.ts';
import { undecodableReason } from './domain/undecodable.ts';
import { failureOf } from './failures.ts';
import { drainOf, forward, forwardPolicy, windowOf } from './forward.ts';
import { nodeWorkflowId, probeSignal, tellResultSignal } from './messages.ts';
import type { NodeResult } from './messages.ts';
import { isResult } from './own-messages.ts';
import { rollbackNode } from './rollback-node.ts';
import { upgradeNode } from './upgrade-node.ts';
import type { UpgradeNodeInput } from './upgrade-node.ts';

/** How a node is tried: first from the beginning, then as the operator decided. */
export interface Attempt {
  readonly retry: number;
  readonly from: NodeStep | null;
  readonly force: boolean;
  readonly forceDrain: boolean;
  /** True where the node goes back to what it was. */
  readonly rollback: boolean;
  /** True where who picks nodes wants to know when this one is drained. */
  readonly tellDrained: boolean;
}

const NO_TIMES = { steps: [], total: null, busy: [] } as const;

/**
 * Starts the workflow of a node. It outlives this run, which may continue as new meanwhile: then it tells its result to the
 * upgrade's workflow id. Whoever cancels the upgrade has to cancel it, see `landAll`.
 */
export async function startNode(run: ClusterRunner, node: PlannedNode, attempt: Attempt): Promise<void> {
  const own = run.node(node.name);
  const { rollback } = attempt;
  Object.assign(own, { state: 'preparing', step: attempt.from ?? (rollback ? null : FIRST_STEP), since: now(), failure: null, rollsBack: rollback, inFlight: true, drained: false });
  run.open.add(node.name);
  run.show();
  run.history.expect(2);
  // Its end reaches this run in any case; a message reaches the next one.
  const tellsResult = run.history.isLate();
  const { pause, policy } = run.state.control;
  const wasSkipped = isSkipped(run.state.control, node.name);
  try {
    const input = inputOf(run, node, attempt, tellsResult);
    const options = { workflowId: nodeWorkflowId(run.spec.name, node.name), parentClosePolicy: ParentClosePolicy.ABANDON };
    const start = () => (rollback
      ? startChild(rollbackNode, { ...options, staticSummary: `${node.name}: back from ${node.to} to ${node.from}`, args: [{ ...input, isChanged: own.changed }] })
      : startChild(upgradeNode, { ...options, staticSummary: `${node.name}: ${node.from} → ${node.to}`, args: [input] }));
    const child = await run.work(() => CancellationScope.nonCancellable(() => (attempt.retry === 0 ? start() : startAfterFormer(start))));
    run.children.add(child.firstExecutionRunId);
    if (!tellsResult && run.node(node.name).inFlight) run.silent.set(node.name, attempt.retry);
    // What was said since then found no workflow to be passed on to.
    if (run.state.control.pause !== pause && run.state.control.pause?.now === true) forward(run, 'pause', [node.name]);
    if (!wasSkipped && isSkipped(run.state.control, node.name)) forward(run, 'skipNode', [node.name]);
    if (isDrainForced(run.state.control, node.name)) forward(run, 'forceDrain', [node.name]);
    if (run.state.control.policy !== policy) forwardPolicy(run, [node.name]);
    void watchChild(run, node.name, attempt.retry, child);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    landNode(run, node.name, attempt.retry, heldBy({
      type: 'Unexpected', message: `the workflow ${nodeWorkflowId(run.spec.name, node.name)} of ${attempt.retry === 0 ? 'an upgrade that was terminated' : 'its former try'} still runs`,
      next: `wait until it has ended (its step goes on by itself), then \`capstan retry ${node.name}\``,
    }));
  }
}

/** A node whose workflow this run started tells its end twice where it signals too; one that was terminated only here. */
async function watchChild(run: ClusterRunner, name: string, retry: number, child: ChildWorkflowHandle<typeof upgradeNode>): Promise<void> {
  try {
    const result: unknown = await child.result();
    landNode(run, name, retry, isResult(result) ? result : heldBy(lost(name, undecodableReason(result) ?? 'what it ended with is not a result of a node')));
  } catch (error) {
    landNode(run, name, retry, heldBy(lost(name, failureOf(error).message)));
  }
  run.children.delete(child.firstExecutionRunId);
  // Another try of the node may have begun since this one told its end.
  if (run.silent.get(name) === retry) run.silent.delete(name);
  run.show();
}

/** Lets every child of this run tell its end to the next one. Resolves when each has been told, or has ended. */
export async function adoptChildren(run: ClusterRunner): Promise<void> {
  await Promise.all([...run.silent].map(async ([name, retry]) => {
    try {
      await run.work(() => CancellationScope.nonCancellable(() => getExternalWorkflowHandle(nodeWorkflowId(run.spec.name, name)).signal(tellResultSignal)));
      if (run.silent.get(name) === retry) run.silent.delete(name);
    } catch {
      // It has ended: this run is still told so, and must not go before that.
    }
  }));
}

/** Takes the result of a node in, once: what is told again, or of an earlier try, has no effect. */
export function landNode(run: ClusterRunner, name: string, retry: number, result: NodeResult): void {
  if (!run.open.has(name)) return;
  const own = run.node(name);
  if (!own.inFlight || own.retries !== retry) return;
  addTimes(run.state, own, result.times);
  Object.assign(own, { state: result.state, step: result.step, failure: result.failure, since: now(), inFlight: false, drained: false, changed: own.changed || (!own.rollsBack && hasChanged(run.planned(name), result)) });
  run.inherited.delete(name);
  const missed = result.state === 'held' && result.step === 'drainNode' && result.drainForced !== true;
  run.state.control = endForceDrain(run.state.control, name, missed);
  if (result.state !== 'held') {
    run.open.delete(name);
    run.state.control = reachPause(run.state.control, name, now());
  } else if (result.step !== null && !comesBefore(result.step, firstChange(run.planned(name).roles))) {
    // A skip that came too late does not decide what happens to a node that has changed and then failed.
    run.state.control = withoutSkip(run.state.control, name);
  }
  run.show();
}

/** Where nobody can tell at which step it stopped, a worker counts as changed; a control-plane node has told its own. */
function hasChanged({ roles }: PlannedNode, { state, step }: NodeResult): boolean {
  if (state === 'skipped') return false;
  if (step === null) return state === 'done' || !roles.includes('control-plane');
  return !comesBefore(step, firstChange(roles));
}

/** Looks after nodes that an earlier run started: should one's workflow be gone without a result, the node is held. */
export async function watchInherited(run: ClusterRunner): Promise<void> {
  try {
    await lookAfterInherited(run, run.history.isFull);
  } catch (error) {
    // The end of the upgrade looks after them itself.
    if (!isCancellation(error)) throw error;
  }
}

async function lookAfterInherited(run: ClusterRunner, isOver: () => boolean): Promise<void> {
  let looked = 0;
  for (let pauseMs = run.input.limits?.lookMs ?? FIRST_LOOK_MS; run.inherited.size > 0; pauseMs = Math.min(pauseMs * 2, LAST_LOOK_MS)) {
    if (await condition(() => run.inherited.size === 0, pauseMs)) return;
    const names = [...run.inherited];
    const first = names.length <= MOST_LOOKS ? 0 : looked % names.length;
    looked += MOST_LOOKS;
    for (const name of names.slice(first, first + MOST_LOOKS)) {
      if (isOver()) return;
      await reach(run, name, (handle) => handle.signal(probeSignal));
    }
  }
}

const FIRST_LOOK_MS = 5 * 60_000;
const LAST_LOOK_MS = 60 * 60_000;
const MOST_LOOKS = 50;

/** Ends an upgrade's flights: cancelled ones stop at their next boundary and give back what is ours. Resolves when all have landed. */
export async function landAll(run: ClusterRunner, isCancelled: boolean): Promise<void> {
  const inFlight = (): readonly string[] => [...run.open].filter((name) => run.node(name).inFlight);
  // A workflow that is only being started cannot be cancelled yet.
  await condition(run.isIdle);
  if (isCancelled) await Promise.all(inFlight().map((name) => reach(run, name, (handle) => handle.cancel())));
  // A cancel has ended who looked after them, and a full history as well; somebody may still terminate one.
  void lookAfterInherited(run, () => false);
  await condition(() => inFlight().length === 0);
}

type Reached = ReturnType<typeof getExternalWorkflowHandle>;

/** A workflow that cannot be reached has ended; had it a result, it would have told it before. */
async function reach(run: ClusterRunner, name: string, call: (handle: Reached) => Promise<void>): Promise<void> {
  const { retries } = run.node(name);
  try {
    await run.work(() => CancellationScope.nonCancellable(() => call(getExternalWorkflowHandle(nodeWorkflowId(run.spec.name, name)))));
  } catch (error) {
    // A child of this run tells its end here as well, be it a moment later.
    if (run.inherited.has(name)) landNode(run, name, retries, heldBy(lost(name, String(error instanceof Error ? error.message : error))));
  }
}

function lost(name: string, cause: string): Failure {
  return {
    type: 'Unexpected', message: `the workflow of ${name} ended without a result (${cause}); somebody may have terminated it`,
    next: `look at the node, then \`capstan retry ${name}\`: every step looks first and does what is left`,
  };
}

function heldBy(failure: Failure): NodeResult {
  return { state: 'held', step: null, failure, times: NO_TIMES };
}

function inputOf(run: ClusterRunner, node: PlannedNode, { tellDrained, forceDrain, rollback: _rollback, ...attempt }: Attempt, tellsResult: boolean): UpgradeNodeInput {
  const { spec, state } = run;
  return {
    upgrade: run.upgrade, node, ...attempt, ...(forceDrain ? { forceDrain } : {}), repository: spec.packages.repository, imageRepository: state.plan.imageRepository, kubeadm: plannedKubeadm(state.plan),
    drain: drainOf(run, node), maxUnavailable: windowOf(run, node), acceptOutage: spec.etcd.acceptOutage,
    // Only a control-plane node asks about them.
    members: node.roles.includes('control-plane') ? run.members : [],
    ...(node.roles.includes('control-plane') ? { controlPlane: state.plan.nodes.filter(({ roles }) => roles.includes('control-plane')).map(({ name }) => name) } : {}),
    tells: {
      steps: run.isTalkative || node.roles.includes('control-plane'), drained: tellDrained, result: tellsResult,
      details: state.plan.nodes.length <= DETAILED_NODES,
    },
  };
}
