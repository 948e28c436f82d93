import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { after, before } from 'node:test';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { statusQuery, upgradeWorkflowId } from '../../workflows/messages.ts';
import type { UpgradeStatus } from '../../workflows/domain/status.ts';
import type { InspectClusterInput, InspectClusterResult, UpgradeClusterInput } from '../../workflows/messages.ts';
import type { inspectCluster } from '../../workflows/inspect-cluster.ts';
import type { upgradeCluster } from '../../workflows/upgrade-cluster.ts';
import { CONVERTER, timeSkippingEnvironment, workflowBundle } from '../support/temporal.ts';
import { fakeCluster, testPlan, testSpec } from './fake-cluster.ts';
import type { Behaviour, Drains, FakeCluster } from './fake-cluster.ts';

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
}

/** One server for the tests of a file: a time-skipping one, or a real one where runs continue as new and are asked meanwhile. */
export function workflowTests(open: () => Promise<TestWorkflowEnvironment> = timeSkippingEnvironment): {
  readonly upgrade: (setting: Setting, body: (trial: Trial) => Promise<void>) => Promise<void>;
  readonly inspect: (input: Omit<InspectClusterInput, 'spec'>, body: (result: InspectClusterResult, journal: readonly string[]) => void) => Promise<void>;
} {
  let environment: TestWorkflowEnvironment;
  before(async () => { environment = await open(); });
  after(async () => { await environment.teardown(); });

  async function upgrade(setting: Setting, body: (trial: Trial) => Promise<void>): Promise<void> {
    const { controlPlanes = 3, workers = 2, maxUnavailable = 1 } = setting;
    const base = testPlan(controlPlanes, workers, maxUnavailable);
    const plan = setting.plan?.(base) ?? base;
    const cluster = fakeCluster(plan, setting.behave, setting.leader, setting.drains);
    const { taskQueue, worker } = await workerOver(cluster);
    const spec = { ...testSpec(workers, maxUnavailable), name: taskQueue };
    await worker.runUntil(async () => {
      const handle = await environment.client.workflow.start<typeof upgradeCluster>('upgradeCluster', {
        taskQueue, workflowId: upgradeWorkflowId(taskQueue),
        args: [{ spec: setting.spec?.(spec) ?? spec, plan: setting.approved?.(plan) ?? plan, by: 'tester@here', ...(setting.limits === undefined ? {} : { limits: setting.limits }) }],
      });
      await body({ cluster, handle, plan, environment });
    });
  }

  async function inspect(input: Omit<InspectClusterInput, 'spec'>, body: (result: InspectClusterResult, journal: readonly string[]) => void): Promise<void> {
    const cluster = fakeCluster(testPlan(3, 2, 1));
    const { taskQueue, worker } = await workerOver(cluster);
    await worker.runUntil(async () => {
      const args: [InspectClusterInput] = [{ spec: testSpec(2, 1), ...input }];
      body(await environment.client.workflow.execute<typeof inspectCluster>('inspectCluster', { taskQueue, workflowId: `inspect/${taskQueue}`, args }), cluster.journal);
    });
  }

  async function workerOver(cluster: FakeCluster): Promise<{ readonly taskQueue: string; readonly worker: Worker }> {
    const taskQueue = `test-${crypto.randomUUID()}`;
    const worker = await Worker.create({
      connection: environment.nativeConnection, taskQueue, activities: { ...cluster.activities }, workflowBundle: await workflowBundle(),
      maxCachedWorkflows: 50, dataConverter: CONVERTER,
    });
    return { taskQueue, worker };
  }
  return { upgrade, inspect };
}

/** Waits until the upgrade's status is as wanted; every question is a query, so time does not pass for the workflow. */
export async function until(trial: Trial, wanted: (status: UpgradeStatus) => boolean): Promise<UpgradeStatus> {
  for (;;) {
    const status = await trial.handle.query(statusQuery);
    if (wanted(status)) return status;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
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
