import { ApplicationFailure } from '@temporalio/common';
import type { WorkerInterceptors } from '@temporalio/worker';
import { until, untilHistory } from '../workflows/harness.ts';
import type { Setting, Trial } from '../workflows/harness.ts';
import type { Behaviour } from '../workflows/fake-cluster.ts';
import type { UpgradeStatus } from '../../workflows/domain/status.ts';
import type { Moment } from './brake.ts';

/** A point in the life of an upgrade at which the history of one of its workflows is kept. */
export interface Stage {
  /** Name of the file, without its ending. */
  readonly name: string;
  readonly setting?: Setting;
  /** The upgrade stands still here until the history has been read, which is then that of a running workflow. */
  readonly at?: Moment;
  /** Brings the upgrade to the stage; `reached` resolves at the moment of `at`. Default: to the moment, or to the end where there is none. */
  readonly act?: (trial: Trial, reached: Promise<void>, release: () => void) => Promise<void>;
  /** Node whose workflow is kept. Default: the upgrade's own. */
  readonly node?: string;
  /** Keeps the history in which the upgrade started this node, instead of its last one. */
  readonly runThatStarted?: string;
}

/** Fails a step of a node for good, as often as said. */
export function failing(step: string, node: string, times = Infinity): Behaviour {
  return (called, on, call) => {
    if (called !== step || on !== node || call > times) return;
    throw ApplicationFailure.create({ message: `${step} failed`, type: 'HostStepFailed', nonRetryable: true, details: [{ type: 'HostStepFailed', message: `${step} failed`, next: 'look' }] });
  };
}

/** Answers for an activity of the cluster. */
export function answering(activity: string, answer: unknown): WorkerInterceptors {
  return { activity: [({ info }) => ({ inbound: { execute: async (input, next) => (info.activityType === activity ? answer : next(input)) } })] };
}

export async function untilState(trial: Trial, state: UpgradeStatus['state']): Promise<void> {
  await until(trial, (status) => status.state === state);
}

export async function untilNode(trial: Trial, name: string, state: string): Promise<void> {
  await until(trial, ({ nodes }) => nodes.some((node) => node.name === name && node.state === state));
}

/** The run of the upgrade that started a node. */
export async function runThatStarted({ environment, handle }: Trial, node: string): Promise<string> {
  const { parentExecution } = await environment.client.workflow.getHandle(`${handle.workflowId}/${node}`).describe();
  if (!parentExecution?.runId) throw new Error(`${node} was started by nobody`);
  return parentExecution.runId;
}

/** Waits until the upgrade goes on in a later history than the one in which it started a node. */
export async function untilContinued(trial: Trial, node: string): Promise<void> {
  const started = await runThatStarted(trial, node);
  while ((await trial.handle.describe()).runId === started) await new Promise((resolve) => { setTimeout(resolve, 20); });
}

/** Waits until the history of a node's workflow has a signal of this name. */
export async function untilSignalled(trial: Trial, node: string, signal: string): Promise<void> {
  await untilHistory(trial, node, (events) => events.some((event) => event.workflowExecutionSignaledEventAttributes?.signalName === signal));
}

/** Waits until a node's workflow has no activity under way. */
export async function untilIdle(trial: Trial, node: string): Promise<void> {
  await untilHistory(trial, node, (events) => {
    const scheduled = events.findLastIndex((event) => event.activityTaskScheduledEventAttributes);
    return events.findLastIndex((event) => event.activityTaskCompletedEventAttributes) > scheduled;
  });
}
