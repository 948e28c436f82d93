import { isCancellation } from '@temporalio/workflow';
import { withoutDecided } from './domain/restore-message.ts';
import { byHand } from './domain/restore-words.ts';
import { recordRestoreStep } from './domain/restore-run.ts';
import type { RestoredNodeRun } from './domain/restore-run.ts';
import type { Failure } from './domain/failure.ts';
import { STATE_OF_STEP } from './domain/state.ts';
import type { NodeState, RestoreStep } from './domain/state.ts';
import type { StepResult } from './domain/step.ts';
import { failureOf, workflowFailure } from './failures.ts';
import { reportedStep } from './reported-step.ts';
import type { RestoreRunner } from './restore-run.ts';

/** One step that all nodes take together. */
export interface RestoreStage {
  readonly step: RestoreStep;
  /** State of a node that has taken it and waits for the others. */
  readonly after: NodeState;
  readonly call: (node: RestoredNodeRun) => Promise<StepResult>;
}

/** Most workers at once: each is a process on its host and a connection of the worker. */
const MOST_AT_ONCE = 100;

/** Takes the step on all nodes at once. Throws a failure, once none of them is under way any more. */
export async function takeTogether(run: RestoreRunner, nodes: readonly RestoredNodeRun[], stage: RestoreStage): Promise<void> {
  const errors: unknown[] = [];
  await Promise.all(nodes.map((node) => take(run, node, stage).catch((error: unknown) => {
    run.enter(node, 'pending', null);
    errors.push(isCancellation(error) ? error : unchanged(node, stage.step, failureOf(error)));
  })));
  if (errors.length > 0) throw errors.find((error) => !isCancellation(error)) ?? errors[0];
}

function unchanged({ name }: RestoredNodeRun, step: RestoreStep, { next, ...failure }: Failure): Error {
  const end = 'nothing was changed';
  return workflowFailure({ ...failure, message: `${name}: ${step}: ${failure.message}`, next: next === undefined ? end : `${next}; ${end}` });
}

/** Takes the step on all nodes at once. One that fails is held until a person has decided; the others go on, and nobody goes further before all are here. */
export async function takeOrHold(run: RestoreRunner, nodes: readonly RestoredNodeRun[], stage: RestoreStage): Promise<void> {
  await Promise.all(nodes.map((node) => takeUntilDone(run, node, stage)));
}

/** The same for many nodes, of which a held one keeps no other waiting. */
export async function takeOrHoldMany(run: RestoreRunner, nodes: readonly RestoredNodeRun[], stage: RestoreStage): Promise<void> {
  const held: Promise<void>[] = [];
  const pending = [...nodes];
  const takeNext = async (): Promise<void> => {
    for (let node = pending.shift(); node !== undefined; node = pending.shift()) {
      const own = node;
      if (!(await tryOnce(run, own, stage))) held.push(untilDecided(run, own, stage));
    }
  };
  await Promise.all(Array.from({ length: Math.min(MOST_AT_ONCE, nodes.length) }, takeNext));
  await Promise.all(held);
}

async function takeUntilDone(run: RestoreRunner, node: RestoredNodeRun, stage: RestoreStage): Promise<void> {
  if (!(await tryOnce(run, node, stage))) await untilDecided(run, node, stage);
}

/** Waits for a person's word about a held node as often as it takes. */
async function untilDecided(run: RestoreRunner, node: RestoredNodeRun, stage: RestoreStage): Promise<void> {
  for (;;) {
    const isSkipped = (): boolean => run.state.control.skip.includes(node.name);
    await run.waitForPerson(() => isSkipped() || run.state.control.retry.includes(node.name));
    const leaves = isSkipped();
    run.state.control = withoutDecided(run.state.control, node.name);
    if (leaves) return run.enter(node, 'skipped', null);
    // A new intent: the step looks first at what the last one did.
    node.retries += 1;
    if (await tryOnce(run, node, stage)) return;
  }
}

/** False where it failed for good, and the node is held. */
async function tryOnce(run: RestoreRunner, node: RestoredNodeRun, stage: RestoreStage): Promise<boolean> {
  try {
    await take(run, node, stage);
    return true;
  } catch (error) {
    run.enter(node, 'held', stage.step, withHand(run, node, stage.step, failureOf(error)));
    return false;
  }
}

async function take(run: RestoreRunner, node: RestoredNodeRun, { step, after, call }: RestoreStage): Promise<void> {
  run.enter(node, STATE_OF_STEP[step], step);
  const result = await call(node);
  recordRestoreStep(run.state, node.steps, reportedStep(step, result));
  run.enter(node, after, null);
}

function withHand(run: RestoreRunner, node: RestoredNodeRun, step: RestoreStep, failure: Failure): Failure {
  const hand = byHand(step, node.name, run.upgrade.id);
  return { ...failure, next: failure.next === undefined ? hand : `${failure.next}. ${hand}` };
}
