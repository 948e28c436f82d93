import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import type { WorkerInterceptors } from '@temporalio/worker';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { after, before } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { statusQuery, upgradeWorkflowId } from '../../workflows/messages.ts';
import type { UpgradeStatus } from '../../workflows/domain/status.ts';
import type { InspectClusterInput, InspectClusterResult, ReleaseClusterInput, UpgradeClusterInput } from '../../workflows/messages.ts';
import type { LeftBehind } from '../../workflows/domain/left-behind.ts';
import type { inspectCluster } from '../../workflows/inspect-cluster.ts';
import { confirmedOf } from '../../workflows/domain/restore-confirmed.ts';
import type { ConfirmedRestore } from '../../workflows/domain/restore-confirmed.ts';
import type { releaseCluster } from '../../workflows/release-cluster.ts';
import type { restoreCluster } from '../../workflows/restore-cluster.ts';
import type { upgradeCluster } from '../../workflows/upgrade-cluster.ts';
import { CONVERTER, timeSkippingEnvironment, workflowBundle } from '../support/temporal.ts';
import { executedSpec } from '../../workflows/domain/executed-spec.ts';
import { filesOf } from '../../workflows/domain/planned-file.ts';
import { fakeCluster, testPlan, testSpec } from './fake-cluster.ts';
import type { Behaviour, Drains, FakeCluster } from './fake-cluster.ts';
import { testRestorePlan } from './fake-restore.ts';

export interface Trial {
  readonly cluster: FakeCluster;
  readonly handle: WorkflowHandle<typeof upgradeCluster>;
  readonly plan: UpgradePlan;
  readonly environment: TestWorkflowEnvironment;
}

export interface Setting {
  readonly controlPlanes?: number;
  readonly workers?: number;
  readonly maxUnavailable?: number;
  readonly behave?: Behaviour;
  readonly leader?: string;
  readonly drains?: Drains;
  /** The plan of the cluster and of the operator. */
  readonly plan?: (plan: UpgradePlan) => UpgradePlan;
  /** Where the upgrade goes on in a new history. */
  readonly limits?: UpgradeClusterInput['limits'];
  readonly spec?: (spec: UpgradeSpec) => UpgradeSpec;
  /** The plan that the operator approved, where it differs from the cluster's. */
  readonly approved?: (plan: UpgradePlan) => UpgradePlan;
  /** Nobody has said yes to the plan yet. */
  readonly awaitApproval?: boolean;
  /** Around every activity: to wait in one that changes nothing, or to answer for it. */
  readonly interceptors?: WorkerInterceptors;
}

/** An inspection while it runs. */
export interface Inspection {
  readonly handle: WorkflowHandle<typeof inspectCluster>;
  readonly journal: readonly string[];
  readonly environment: TestWorkflowEnvironment;
}

/** A release while it runs. */
export interface Release {
  readonly handle: WorkflowHandle<typeof releaseCluster>;
  readonly journal: readonly string[];
  readonly environment: TestWorkflowEnvironment;
}

/** A restore outside an upgrade, while it runs. */
export interface Restoring {
  readonly environment: TestWorkflowEnvironment;
  readonly cluster: FakeCluster;
  readonly handle: WorkflowHandle<typeof restoreCluster>;
}

export interface RestoreSetting {
  readonly controlPlanes?: number;
  /** All of them run the newer kubelet. */
  readonly workers?: number;
  readonly behave?: Behaviour;
  /** What the operator confirmed, where it differs from the plan as of now. */
  readonly confirmed?: (plan: ConfirmedRestore) => ConfirmedRestore;
  readonly interceptors?: WorkerInterceptors;
}

/**
 * One server for the tests of a file: a time-skipping one, or a real one where runs continue as new and are asked meanwhile.
 * What an activity that is cancelled does must be the test's to say: the time-skipping server refuses the cancel of one that has just
 * ended (`ACTIVITY_UNKNOWN`), and never gives that workflow task to a worker again. A real server takes it.
 */
export function workflowTests(open: () => Promise<TestWorkflowEnvironment> = timeSkippingEnvironment): {
  readonly upgrade: (setting: Setting, body: (trial: Trial) => Promise<void>) => Promise<void>;
  readonly inspect: (input: Omit<InspectClusterInput, 'spec'>, body: (result: InspectClusterResult, journal: readonly string[]) => void) => Promise<void>;
  readonly inspection: (input: Omit<InspectClusterInput, 'spec'>, body: (inspection: Inspection) => Promise<void>, interceptors?: WorkerInterceptors) => Promise<void>;
  /** Each body on a worker of its own, one after the other. */
  readonly restore: (setting: RestoreSetting, ...bodies: ((restoring: Restoring) => Promise<void>)[]) => Promise<void>;
  /** Over a cluster in which `left` is found. */
  readonly release: (left: LeftBehind, apply: boolean, body: (release: Release) => Promise<void>, interceptors?: WorkerInterceptors, foreign?: string) => Promise<void>;
} {
  let environment: TestWorkflowEnvironment;
  before(async () => { environment = await open(); });
  after(async () => { await environment.teardown(); });

  async function upgrade(setting: Setting, body: (trial: Trial) => Promise<void>): Promise<void> {
    const { controlPlanes = 3, workers = 2, maxUnavailable = 1 } = setting;
    const plain = testSpec(workers, maxUnavailable);
    const written = setting.spec?.(plain) ?? plain;
    const files = filesOf(written).map((source) => ({ ...source, sha256: 'f'.repeat(64), bytes: 1 }));
    const base = { ...testPlan(controlPlanes, workers, maxUnavailable), spec: executedSpec(written), files };
    const plan = setting.plan?.(base) ?? base;
    const cluster = fakeCluster(plan, setting.behave, setting.leader, setting.drains);
    const { taskQueue, worker } = await workerOver(cluster, setting.interceptors ?? {});
    await worker.runUntil(async () => {
      const handle = await environment.client.workflow.start<typeof upgradeCluster>('upgradeCluster', {
        taskQueue, workflowId: upgradeWorkflowId(taskQueue),
        args: [{ spec: { ...written, name: taskQueue }, plan: setting.approved?.(plan) ?? plan, by: 'tester@here', ...(setting.awaitApproval === true ? { awaitApproval: true } : {}), ...(setting.limits === undefined ? {} : { limits: setting.limits }) }],
      });
      await body({ cluster, handle, plan, environment });
    });
  }

  async function inspect(input: Omit<InspectClusterInput, 'spec'>, body: (result: InspectClusterResult, journal: readonly string[]) => void): Promise<void> {
    await inspection(input, async ({ handle, journal }) => { body(await handle.result(), journal); });
  }

  async function inspection(input: Omit<InspectClusterInput, 'spec'>, body: (running: Inspection) => Promise<void>, interceptors: WorkerInterceptors = {}): Promise<void> {
    const cluster = fakeCluster(testPlan(3, 2, 1));
    const { taskQueue, worker } = await workerOver(cluster, interceptors);
    await worker.runUntil(async () => {
      const args: [InspectClusterInput] = [{ spec: testSpec(2, 1), ...input }];
      const handle = await environment.client.workflow.start<typeof inspectCluster>('inspectCluster', { taskQueue, workflowId: `inspect/${taskQueue}`, args });
      await body({ handle, journal: cluster.journal, environment });
    });
  }

  async function release(left: LeftBehind, apply: boolean, body: (running: Release) => Promise<void>, interceptors: WorkerInterceptors = {}, foreign?: string): Promise<void> {
    const cluster = fakeCluster(testPlan(3, 2, 1));
    const { taskQueue, worker } = await workerOver({ ...cluster, activities: { ...cluster.activities, findLeft: async () => left } }, interceptors);
    await worker.runUntil(async () => {
      const args: [ReleaseClusterInput] = [{ spec: testSpec(2, 1), apply, ...(foreign === undefined ? {} : { foreign }) }];
      const handle = await environment.client.workflow.start<typeof releaseCluster>('releaseCluster', { taskQueue, workflowId: `release/${taskQueue}`, args });
      await body({ handle, journal: cluster.journal, environment });
    });
  }

  async function restore(setting: RestoreSetting, ...bodies: ((restoring: Restoring) => Promise<void>)[]): Promise<void> {
    const { controlPlanes = 3, workers = 2 } = setting;
    const plan = testPlan(controlPlanes, workers, 1);
    const cluster = fakeCluster(plan, setting.behave);
    for (let index = 1; index <= workers; index += 1) cluster.journal.push(`upgradeKubelet w${index}`);
    const confirmed = confirmedOf(testRestorePlan(plan, 'test', plan.nodes.filter(({ pool }) => pool !== null).map(({ name }) => name)));
    const taskQueue = `test-${crypto.randomUUID()}`;
    let handle: Restoring['handle'] | null = null;
    for (const body of bodies) {
      const { worker } = await workerOver(cluster, setting.interceptors ?? {}, taskQueue);
      await worker.runUntil(async () => {
        handle ??= await environment.client.workflow.start<typeof restoreCluster>('restoreCluster', {
          taskQueue, workflowId: upgradeWorkflowId(taskQueue),
          args: [{ spec: { ...testSpec(workers, 1), name: taskQueue }, plan: setting.confirmed?.(confirmed) ?? confirmed, by: 'tester@here', reason: 'errors rise' }],
        });
        await body({ cluster, handle, environment });
      });
    }
  }

  async function workerOver(cluster: FakeCluster, interceptors: WorkerInterceptors, taskQueue = `test-${crypto.randomUUID()}`): Promise<{ readonly taskQueue: string; readonly worker: Worker }> {
    const worker = await Worker.create({
      connection: environment.nativeConnection, taskQueue, activities: { ...cluster.activities }, workflowBundle: await workflowBundle(),
      maxCachedWorkflows: 50, dataConverter: CONVERTER, interceptors,
      // Workflows in this thread: a thread and a copy of their code for each test took nine tenths of what a worker costs.
      debugMode: true,
    });
    return { taskQueue, worker };
  }
  return { upgrade, inspect, inspection, restore, release };
}

/** A question costs server and worker as much as a step does: whoever waits long asks less often. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;

/** Waits until the upgrade's status is as wanted; every question is a query, so time does not pass for the workflow. */
export async function until(trial: { readonly handle: Pick<Trial['handle'], 'query'> }, wanted: (status: UpgradeStatus) => boolean): Promise<UpgradeStatus> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    const status = await trial.handle.query(statusQuery);
    if (wanted(status)) return status;
    await delay(pauseMs);
  }
}

type Events = NonNullable<Awaited<ReturnType<Trial['handle']['fetchHistory']>>['events']>;

/** Waits until the history of a node's workflow is as wanted. */
export async function untilHistory({ environment, handle }: Trial, node: string, wanted: (events: Events) => boolean): Promise<void> {
  for (;;) {
    const { events } = await environment.client.workflow.getHandle(`${handle.workflowId}/${node}`).fetchHistory();
    if (wanted(events ?? [])) return;
    await delay(FIRST_PAUSE_MS);
  }
}

export function nodeState(status: UpgradeStatus, node: string): string | undefined {
  return status.nodes.find((other) => other.name === node)?.state;
}

/** A failure that another try would not mend. */
export function failing(message: string): ApplicationFailure {
  return ApplicationFailure.create({ message, type: 'HostStepFailed', nonRetryable: true, details: [{ type: 'HostStepFailed', message, next: 'look' }] });
}

/** A promise that the test resolves. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}

/** Stops a step of a node until `release`; `reached` resolves when it has begun. */
export function stopped(step: string, node: string): { readonly behave: (name: string, of: string) => Promise<void>; readonly reached: Promise<void>; readonly release: () => void } {
  const reached = gate();
  const released = gate();
  return {
    reached: reached.opened, release: released.open,
    behave: async (name, of) => {
      if (name !== step || of !== node) return;
      reached.open();
      await released.opened;
    },
  };
}

/** Fails every drain of a worker, as where a budget allows no eviction, until `release`; `reached` resolves at the first. */
export function stuckDrain(worker: string): { readonly behave: Behaviour; readonly reached: Promise<void>; readonly release: () => void } {
  const reached = gate();
  let isStuck = true;
  return {
    reached: reached.opened,
    release: () => { isStuck = false; },
    behave: (step, node) => {
      if (step !== 'drainNode' || node !== worker || !isStuck) return;
      reached.open();
      throw new Error('a budget allows none now');
    },
  };
}
