import { CancellationScope, condition, isCancellation, workflowInfo } from '@temporalio/workflow';
import { api } from './activity-options.ts';
import type { Failure } from './domain/failure.ts';
import { comesBefore, FIRST_STEP, mayStopBefore } from './domain/state.ts';
import type { NodeState, NodeStep } from './domain/state.ts';
import type { ReportedStep } from './domain/status.ts';
import type { StepResult } from './domain/step.ts';
import { failureOf } from './failures.ts';
import { timesOf } from './domain/run.ts';
import type { NodeResult } from './messages.ts';
import { reportedStep } from './reported-step.ts';
import { tellStep } from './tell.ts';
import type { UpgradeNodeInput } from './upgrade-node.ts';

/** Runs the steps of one node in order, and stops between them where a person says so. */
export interface NodeSequence {
  readonly epochMs: number;
  /** Runs one step; null where an earlier run has done it. */
  readonly step: <T extends StepResult>(name: NodeStep, call: () => Promise<T>) => Promise<T | null>;
  readonly run: (steps: () => Promise<void>) => Promise<NodeResult>;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly skip: () => void;
}

/** Where a sequence leads. */
export interface NodeWay {
  /** The first step after which the node is no longer what it was. */
  readonly change: NodeStep;
  readonly end: Extract<NodeState, 'done' | 'rolled-back'>;
}

/** Ends the sequence at a step, on purpose or by a failure. */
class NodeStopped extends Error {
  readonly step: NodeStep;
  readonly failure: Failure | null;

  constructor(step: NodeStep, failure: Failure | null) {
    super(failure?.message ?? 'given back');
    this.step = step;
    this.failure = failure;
  }
}

// A drain may wait for hours on a budget, so a skip or a cancel ends it; every other step is short or must not be left half-way.
const INTERRUPTIBLE: readonly NodeStep[] = ['cordonNode', 'drainNode'];

/** A node that begins with one of these has no pods any more that a drain moves. */
export const DRAINED: readonly NodeStep[] = ['upgradeKubelet', 'rollbackNode'];

export function openNodeSequence(input: UpgradeNodeInput, { change, end }: NodeWay): NodeSequence {
  const steps: ReportedStep[] = [];
  const reports: Promise<void>[] = [];
  let paused = false;
  let skipping = false;
  let cancelled = false;
  let running: { readonly name: NodeStep; readonly scope: CancellationScope } | null = null;

  const isUnchanged = input.from === null || comesBefore(input.from, change);
  // Before a step begins, the node may still be given back where that step would be the first to change it.
  const maySkip = (next: NodeStep): boolean => isUnchanged && !comesBefore(change, next);

  const mustStop = (next: NodeStep): boolean => (skipping && maySkip(next)) || (cancelled && mayStopBefore(next, input.node.roles));

  /** A cancelled node that cannot be left here yet goes on, even where it is paused. */
  async function boundary(next: NodeStep): Promise<void> {
    await condition(() => !paused || cancelled || mustStop(next));
    if (mustStop(next)) throw new NodeStopped(next, null);
  }

  function interrupt(): void {
    if (running !== null && INTERRUPTIBLE.includes(running.name) && mustStop(running.name)) running.scope.cancel();
  }

  async function step<T extends StepResult>(name: NodeStep, call: () => Promise<T>): Promise<T | null> {
    if (input.from !== null && comesBefore(name, input.from)) return null;
    await boundary(name);
    // Whoever starts a node knows its first step.
    if ((input.tells.steps && name !== FIRST_STEP) || (input.tells.drained && DRAINED.includes(name))) reports.push(tellStep(input, name));
    const scope = new CancellationScope({ cancellable: INTERRUPTIBLE.includes(name) });
    running = { name, scope };
    try {
      const result = await scope.run(call);
      steps.push(reportedStep(name, result));
      return result;
    } catch (error) {
      // What is cut off may fail instead: Temporal does not try it again then, and its failure says nothing about the node.
      throw new NodeStopped(name, scope.consideredCancelled || isCancellation(error) ? null : failureOf(error));
    } finally {
      running = null;
    }
  }

  /** Nothing is cut off by a cancellation: the sequence hears of it, and stops where it may. */
  async function run(sequence: () => Promise<void>): Promise<NodeResult> {
    void CancellationScope.current().cancelRequested.catch(() => {
      cancelled = true;
      interrupt();
    });
    return CancellationScope.nonCancellable(() => runToEnd(sequence));
  }

  async function runToEnd(sequence: () => Promise<void>): Promise<NodeResult> {
    const stopped = await stopOf(sequence);
    await Promise.all(reports);
    const times = timesOf(steps, input.tells.details);
    if (stopped === null) return { state: end, step: null, failure: null, times };
    if (stopped.failure !== null) return { state: 'held', step: stopped.step, failure: stopped.failure, times };
    const failure = await giveBack(input);
    // Without a step, another try begins with the first: nothing after the one at which it stopped was done.
    return { state: failure === null ? 'skipped' : 'held', step: failure === null ? stopped.step : null, failure, times };
  }

  return {
    epochMs: workflowInfo().runStartTime.getTime(),
    step,
    run,
    pause: () => { paused = true; },
    resume: () => { paused = false; },
    skip: () => {
      skipping = true;
      interrupt();
    },
  };
}

async function stopOf(sequence: () => Promise<void>): Promise<NodeStopped | null> {
  try {
    await sequence();
    return null;
  } catch (error) {
    if (error instanceof NodeStopped) return error;
    throw error;
  }
}

/** Releases the cordon of a node that is not upgraded after all; the failure where even that did not work. */
async function giveBack(input: UpgradeNodeInput): Promise<Failure | null> {
  const { upgrade, node, retry } = input;
  const epochMs = workflowInfo().runStartTime.getTime();
  try {
    await api.uncordonNode.executeWithOptions({ summary: `${node.name}: release the cordon` }, [{ upgrade, node, retry, epochMs, release: true }]);
    return null;
  } catch (error) {
    return failureOf(error);
  }
}
