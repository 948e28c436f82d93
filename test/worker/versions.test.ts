import type { TestWorkflowEnvironment } from '@temporalio/testing';
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { checkService } from '../../client/temporal/service-checks.ts';
import { inspectCluster } from '../../client/temporal/inspect.ts';
import { readStatus } from '../../client/temporal/read-upgrade.ts';
import { temporalSettings } from '../../client/temporal/settings.ts';
import { liveWorkers } from '../../client/temporal/workers.ts';
import { readConfiguration } from '../../worker/config.ts';
import { createWorker } from '../../worker/create-worker.ts';
import { upgradeWorkflowId } from '../../workflows/messages.ts';
import type { UpgradeClusterInput } from '../../workflows/messages.ts';
import type { upgradeCluster } from '../../workflows/upgrade-cluster.ts';
import { devServer, workflowBundle } from '../support/temporal.ts';
import { waitBeating } from '../support/wait-beating.ts';
import { fakeCluster, testPlan, testSpec } from '../workflows/fake-cluster.ts';
import type { Behaviour } from '../workflows/fake-cluster.ts';
import { gate } from '../workflows/harness.ts';

const FEW = 3;
/** As many as fill the small history of an upgrade that is to go on in a new one. */
const MANY = 11;

interface Running {
  readonly journal: readonly string[];
  readonly stop: () => Promise<void>;
}

describe('workers with build ids', { timeout: 240_000 }, () => {
  let environment: TestWorkflowEnvironment;
  let folder: string;
  before(async () => {
    environment = await devServer();
    folder = await mkdtemp(join(tmpdir(), 'capstan-versions-'));
    await copyFile((await workflowBundle()).codePath, join(folder, 'bundle.js'));
  });
  after(async () => {
    await environment.teardown();
    await rm(folder, { recursive: true });
  });

  it('keep an upgrade and its nodes with the version that it began on, and new ones go to the current', async () => {
    const drain = gate();
    const reached = gate();
    const one = await start('stays', 'one', waitingAt('drainNode w1', reached, drain));
    try {
      await makeCurrent('stays', 'one');
      const old = await upgrade('stays', 'old');
      await reached.opened;
      const two = await start('stays', 'two');
      try {
        await makeCurrent('stays', 'two');
        const fresh = await upgrade('stays', 'fresh');
        assert.equal((await fresh.result()).state, 'done');
        const done = [...two.journal];
        drain.open();
        assert.equal((await old.result()).state, 'done');

        assert.deepEqual(await versionsOf(old.workflowId, 'w1', 'w3'), ['one', 'one', 'one']);
        assert.deepEqual(await versionsOf(fresh.workflowId, 'w1', 'w3'), ['two', 'two', 'two']);
        assert.deepEqual(two.journal, done);
        assert.deepEqual(one.journal.toSorted(), done.toSorted());
      } finally {
        await two.stop();
      }
    } finally {
      drain.open();
      await one.stop();
    }
  });

  it('take an upgrade to the current version when it goes on in a new history, leave nodes in flight with theirs, and do every step once', async () => {
    const drain = gate();
    const reached = gate();
    const kubeadm = gate();
    const waits = waitingAt('drainNode w2', reached, drain);
    const one = await start('moves', 'one', async (step, node, call) => {
      // The upgrade goes on only when there is another version to go to.
      if (step === 'upgradeKubeadm' && node === 'w3') await waitBeating(kubeadm.opened);
      await waits(step, node, call);
    }, MANY);
    try {
      await makeCurrent('moves', 'one');
      const handle = await upgrade('moves', 'long', { workers: MANY, limits: { events: 80, lookMs: 60_000 } });
      await reached.opened;
      const { runId } = await handle.describe();
      const two = await start('moves', 'two', undefined, MANY);
      try {
        await makeCurrent('moves', 'two');
        kubeadm.open();
        while ((await handle.describe()).runId === runId) await soon();
        drain.open();
        assert.equal((await handle.result()).state, 'done');

        assert.deepEqual(await versionsOf(handle.workflowId, 'w2', 'w11'), ['two', 'one', 'two']);
        const journal = [...one.journal, ...two.journal];
        assert.equal(journal.length, new Set(journal).size, journal.join('\n'));
        for (let node = 1; node <= MANY; node += 1) assert.ok(journal.includes(`uncordonNode w${node}`));
      } finally {
        await two.stop();
      }
    } finally {
      kubeadm.open();
      drain.open();
      await one.stop();
    }
  });

  it('are found by the command line, which says how a version becomes the current one', async () => {
    const settings = settingsOf('found');
    const one = await start('found', 'one');
    try {
      await untilPolled('found');
      const ask = () => inspectCluster(environment.client, settings, { spec: testSpec(FEW, 2), what: 'plan' }, () => undefined);
      await assert.rejects(ask, { exitCode: 75, message: /no worker of the task queue found takes what begins now: that goes to workers without a version, and those that poll are found\.one/, next: /set-current-version --deployment-name found --build-id one/ });
      assert.deepEqual(await workerCheck('found'), 'block');
      await makeCurrent('found', 'one');

      assert.equal((await ask()).plan?.to, 'v1.34.4');
      assert.deepEqual(await workerCheck('found'), 'info');
    } finally {
      await one.stop();
    }
  });

  it('are named by the command line where an upgrade waits for one of another version', async () => {
    const drain = gate();
    const reached = gate();
    const one = await start('asked', 'one', waitingAt('drainNode w1', reached, drain));
    const two = await start('elsewhere', 'two');
    try {
      await makeCurrent('asked', 'one');
      await untilPolled('elsewhere', 'two');
      await upgrade('asked', 'waits');
      await reached.opened;

      assert.equal((await readStatus(environment.client, settingsOf('asked'), 'waits')).phase, 'workers');
      await assert.rejects(readStatus(environment.client, settingsOf('elsewhere'), 'waits'), { exitCode: 75, message: /no worker of version asked\.one polls/, next: /CAPSTAN_BUILD_ID=one/ });
    } finally {
      drain.open();
      await one.stop();
      await two.stop();
    }
  });

  it('are not needed: a worker without one takes what begins at once', async () => {
    const worker = await start('plain', null);
    try {
      assert.equal((await (await upgrade('plain', 'plain')).result()).state, 'done');
      assert.deepEqual(await versionsOf(upgradeWorkflowId('plain')), [null]);
    } finally {
      await worker.stop();
    }
  });

  /** A worker as `capstan worker` has it, but for its activities. The queue's name is the deployment's, too. */
  async function start(queue: string, buildId: string | null, behave?: Behaviour, workers = FEW): Promise<Running> {
    const version = buildId === null ? {} : { CAPSTAN_DEPLOYMENT_NAME: queue, CAPSTAN_BUILD_ID: buildId };
    const cluster = fakeCluster(testPlan(1, workers, 2), behave);
    const worker = await createWorker(readConfiguration({ CAPSTAN_TASK_QUEUE: queue, ...version }), {
      connection: environment.nativeConnection, activities: cluster.activities, bundlePath: join(folder, 'bundle.js'),
    });
    const ended = worker.run();
    return { journal: cluster.journal, stop: async () => { worker.shutdown(); await ended; } };
  }

  async function upgrade(queue: string, cluster: string, { workers = FEW, limits }: { readonly workers?: number; readonly limits?: UpgradeClusterInput['limits'] } = {}) {
    const args: [UpgradeClusterInput] = [{ spec: { ...testSpec(workers, 2), name: cluster }, plan: testPlan(1, workers, 2), by: 'tester@here', ...(limits === undefined ? {} : { limits }) }];
    return environment.client.workflow.start<typeof upgradeCluster>('upgradeCluster', { taskQueue: queue, workflowId: upgradeWorkflowId(cluster), args });
  }

  function settingsOf(queue: string) {
    return temporalSettings({ CAPSTAN_TEMPORAL_ADDRESS: environment.address, CAPSTAN_TASK_QUEUE: queue }, queue);
  }

  /** As `temporal worker deployment set-current-version`, once the server knows the version. */
  async function makeCurrent(deploymentName: string, buildId: string): Promise<void> {
    await untilKnown(deploymentName, buildId);
    await environment.client.workflowService.setWorkerDeploymentCurrentVersion({ namespace: 'default', deploymentName, buildId });
    for (;;) {
      if ((await liveWorkers(environment.client, settingsOf(deploymentName))).current?.buildId === buildId) return;
      await soon();
    }
  }

  /** The server refuses a version until it knows that both kinds of tasks are polled for. */
  async function untilKnown(deploymentName: string, buildId: string): Promise<void> {
    await untilPolled(deploymentName, buildId);
    for (;;) {
      const known = await environment.client.workflowService.describeWorkerDeploymentVersion({ namespace: 'default', deploymentVersion: { deploymentName, buildId } }).catch(() => null);
      if ((known?.versionTaskQueues ?? []).length >= 2) return;
      await soon();
    }
  }

  async function untilPolled(queue: string, buildId?: string): Promise<void> {
    for (;;) {
      const { pollers } = await liveWorkers(environment.client, settingsOf(queue));
      if (pollers.some(({ version }) => buildId === undefined || version?.buildId === buildId)) return;
      await soon();
    }
  }

  async function workerCheck(queue: string): Promise<string | undefined> {
    const findings = await checkService(environment.client, settingsOf(queue));
    return findings.find(({ check }) => check === 'worker-polling')?.severity;
  }

  /** Build ids that an upgrade and nodes of it ended on. */
  async function versionsOf(workflowId: string, ...nodes: readonly string[]): Promise<readonly (string | null)[]> {
    const ids = [workflowId, ...nodes.map((node) => `${workflowId}/${node}`)];
    return Promise.all(ids.map(async (id) => {
      const { raw } = await environment.client.workflow.getHandle(id).describe();
      return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? null;
    }));
  }
});

function waitingAt(moment: string, reached: { readonly open: () => void }, until: { readonly opened: Promise<void> }): Behaviour {
  return async (step, node) => {
    if (`${step} ${node}` !== moment) return;
    reached.open();
    await waitBeating(until.opened);
  };
}

async function soon(): Promise<void> {
  await new Promise((resolve) => { setTimeout(resolve, 50); });
}
