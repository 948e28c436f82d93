import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { connect } from '../../client/temporal/connect.ts';
import type { UpgradeClient } from '../../client/temporal/port.ts';
import { nodeWorkflowId, upgradeWorkflowId } from '../../workflows/messages.ts';
import { CONVERTER, devServer, workflowBundle } from '../support/temporal.ts';
import { fakeCluster, testPlan, testSpec } from '../workflows/fake-cluster.ts';
import { stopped } from '../workflows/harness.ts';
import { capstan, fakeClient } from './fake-client.ts';
import type { Outcome } from './fake-client.ts';

const QUEUE = 'pauses';
const CLUSTER = 'test';

describe('a pause by Temporal\'s own means', { timeout: 300_000 }, () => {
  const step = stopped('upgradeKubelet', 'w1');
  let server: TestWorkflowEnvironment;
  let worker: Worker;
  let ran: Promise<void>;
  let client: UpgradeClient;
  const call = (...args: readonly string[]): Promise<Outcome> => capstan(fakeClient(), args, { connect: () => connect({ CAPSTAN_TEMPORAL_ADDRESS: server.address, CAPSTAN_TASK_QUEUE: QUEUE }) });

  before(async () => {
    server = await devServer(['--dynamic-config-value', 'frontend.WorkflowPauseEnabled=true']);
    const { activities } = fakeCluster(testPlan(1, 1, 1), step.behave);
    worker = await Worker.create({ connection: server.nativeConnection, taskQueue: QUEUE, workflowBundle: await workflowBundle(), dataConverter: CONVERTER, activities: { ...activities } });
    ran = worker.run();
    client = await connect({ CAPSTAN_TEMPORAL_ADDRESS: server.address, CAPSTAN_TASK_QUEUE: QUEUE });
    assert.equal(await client.start({ spec: { ...testSpec(1, 1), name: CLUSTER }, plan: testPlan(1, 1, 1), by: 'tester@here' }), null);
    await step.reached;
  });
  after(async () => {
    step.release();
    await client.close();
    worker.shutdown();
    await ran;
    await server.teardown();
  });

  test('of a step is shown with who, why and what undoes it, by status and by doctor', async () => {
    const execution = { workflowId: nodeWorkflowId(CLUSTER, 'w1') };
    await server.client.workflowService.pauseActivity({ namespace: 'default', execution, type: 'upgradeKubelet', reason: 'the disk is full', identity: 'ann' });
    const words = /upgradeKubelet of w1 is paused in Temporal by ann at \S+ \(the disk is full\)\. Go on with: (temporal activity unpause --workflow-id upgrade\/test\/w1 --activity-id \d+)/;
    const { code, out } = await call('status', '--cluster', CLUSTER);
    assert.equal(code, 0);
    assert.match(out, words);
    assert.match(out, /w1 .*paused in Temporal by ann/);
    const doctor = await call('doctor');
    assert.match(`${doctor.out}${doctor.err}`, /temporal-pauses[^]*upgradeKubelet of the upgrade of test is paused in Temporal by ann/);
    await server.client.workflowService.unpauseActivity({ namespace: 'default', execution, type: 'upgradeKubelet' });
    assert.deepEqual(await client.pauses(CLUSTER), []);
  });

  test('of the upgrade is told within seconds by every command that wants an answer, which changes nothing; afterwards it goes on', async () => {
    const workflowId = upgradeWorkflowId(CLUSTER);
    await server.client.workflowService.pauseWorkflowExecution({ namespace: 'default', workflowId, reason: 'lunch', identity: 'bob', requestId: 'p' });
    for (const args of [['set', 'maxUnavailable=1'], ['retry', 'w1'], ['pause'], ['cancel'], ['status']]) {
      const startMs = performance.now();
      const { code, err } = await call(...args, '--cluster', CLUSTER);
      assert.equal(code, 4, `${args.join(' ')}: ${err}`);
      assert.match(err, /the upgrade of test is paused in Temporal by bob at \S+ \(lunch\): .*answers nothing.*\nNext: temporal workflow unpause --workflow-id upgrade\/test/);
      assert.ok(performance.now() - startMs < 8_000);
    }
    const doctor = await call('doctor');
    assert.match(`${doctor.out}${doctor.err}`, /temporal-pauses[^]*a workflow of the upgrade of test is paused in Temporal by bob/);
    await server.client.workflowService.unpauseWorkflowExecution({ namespace: 'default', workflowId, reason: 'back', identity: 'bob', requestId: 'u' });
    step.release();
    const report = await client.ended(CLUSTER, new AbortController().signal);
    assert.equal(report?.state, 'done');
    assert.deepEqual(report.decisions, []);
  });
});
