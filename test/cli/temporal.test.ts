import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import assert from 'node:assert/strict';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect } from '../../client/temporal/connect.ts';
import { upgradeWorkflowId } from '../../workflows/messages.ts';
import { CONVERTER, devServer, workflowBundle } from '../support/temporal.ts';
import { fakeCluster, testPlan } from '../workflows/fake-cluster.ts';
import { capstan, fakeClient } from './fake-client.ts';
import type { Outcome } from './fake-client.ts';
import { capstanArgs, processorTimes } from './processor-time.ts';
import { spawnCapstan } from './spawn.ts';

const QUEUE = 'cli-test';
const FAILURE = { type: 'DrainTimeout', message: 'w1: pod shop/web-1 was still there', next: 'look at its budget' } as const;

/** The commands against a real server, and a worker whose cluster is a journal. */
describe('with a real Temporal', { timeout: 120_000 }, () => {
  let server: TestWorkflowEnvironment;
  let worker: Worker;
  let ran: Promise<void>;
  let folder: string;
  let environment: Readonly<Record<string, string>>;
  // Released by the test that looks at a node in flight.
  const looked = Promise.withResolvers<void>();

  before(async () => {
    server = await devServer();
    folder = await mkdtemp(join(tmpdir(), 'capstan-cli-'));
    environment = { CAPSTAN_TEMPORAL_ADDRESS: server.address, CAPSTAN_TASK_QUEUE: QUEUE, CAPSTAN_TEMPORAL_UI: 'http://ui.example/' };
    const { activities } = fakeCluster(testPlan(1, 1, 1), async (step, node, call) => {
      if (step === 'drainNode' && node === 'w1' && call === 1) throw ApplicationFailure.create({ message: FAILURE.message, type: FAILURE.type, nonRetryable: true, details: [FAILURE] });
      if (step === 'upgradeKubelet' && node === 'w1' && call === 1) throw ApplicationFailure.create({ message: 'w1: no route', type: 'HostUnreachable' });
      if (step === 'upgradeKubelet' && node === 'w1') await looked.promise;
    });
    worker = await Worker.create({
      connection: server.nativeConnection, taskQueue: QUEUE, workflowBundle: await workflowBundle(), dataConverter: CONVERTER,
      activities: {
        ...activities,
        readLog: async ({ upgrade, node, step }: { upgrade: string; node: string; step: string }) => ({ text: `${upgrade} ${node} ${step}\n`, next: null }),
        planUpgrade: async ({ spec }: { spec: { target: { version: string } } }) => {
          if (spec.target.version === 'v1.36.0') throw ApplicationFailure.create({ message: 'spec.target.version: skips a minor', type: 'PlanRefused', nonRetryable: true, details: [{ type: 'PlanRefused', message: 'spec.target.version: skips a minor', next: 'upgrade to v1.34 first' }] });
          return { plan: testPlan(1, 1, 1) };
        },
      },
    });
    ran = worker.run();
  });
  after(async () => {
    // Where the test that looks has failed, the node still waits to be looked at.
    looked.resolve();
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await ran;
    await server.teardown();
    await rm(folder, { recursive: true });
  });

  const call = (...args: readonly string[]): Promise<Outcome> => capstan(fakeClient(), args, { connect: () => connect(environment) });

  async function spec(version = 'v1.34.4'): Promise<string> {
    const file = join(folder, `${version}.yaml`);
    await writeFile(file, `apiVersion: capstan.dev/v1\nkind: ClusterUpgrade\nmetadata: {name: test}\nspec:\n  driver: kubeadm\n  target:\n    version: ${version}\n  access:\n    transport: ssh\n    kubeconfig: {file: k}\n    ssh: {user: ops, privateKey: {file: key}, knownHosts: {file: known_hosts}}\n`);
    return file;
  }

  async function start(): Promise<void> {
    const { code, err } = await call('start', '-f', await spec(), '--yes');
    assert.equal(code, 0, err);
  }

  test('doctor finds the server, the search attributes and the worker', async () => {
    const { code, out } = await call('doctor', '-f', await spec());
    assert.equal(code, 0, out);
    assert.match(out, /task queue cli-test is polled by /);
  });

  test('a refusal of the planner names file, line and next step', async () => {
    const file = await spec('v1.36.0');
    const { code, err } = await call('plan', '-f', file);
    assert.equal(code, 1);
    assert.equal(err, `error: ${file}:7: spec.target.version: skips a minor\nNext: upgrade to v1.34 first\n`);
  });

  test('an upgrade is started once, held, tried again, followed and reported', async () => {
    const file = await spec();
    const begun = await call('start', '-f', file, '--yes');
    assert.equal(begun.code, 0, begun.err);
    assert.match(begun.err, /http:\/\/ui\.example\/namespaces\/default\/workflows\/upgrade%2Ftest/);
    const second = await call('start', '-f', file, '--yes');
    assert.equal(second.code, 1);
    assert.match(second.err, /runs already: started by .+@.+ at .+Z, to v1\.34\.4/);

    const held = await call('watch');
    assert.equal(held.code, 4, held.err);
    assert.match(held.out, /w1 is held at drainNode: DrainTimeout: w1: pod shop\/web-1 was still there\n {2}Next: look at its budget/);
    assert.equal((await call('status', '-f', file)).code, 0);

    const refused = await call('set', 'maxUnavailable=9');
    assert.equal(refused.code, 1);
    assert.match(refused.err, /default\.maxUnavailable: 9 is not below the total.*\nNext: nothing was changed/);
    assert.equal((await call('set', 'drainTimeout=1h', '--reason', 'slow pods')).code, 0);
    assert.equal((await call('retry', 'w1')).code, 0);
    const steps = await untilSecondAttempt();
    assert.deepEqual(steps[0]?.failure, { type: 'HostUnreachable', message: 'w1: no route' });
    assert.match((await call('status')).out, /attempt 2, after HostUnreachable: w1: no route/);

    const left = await spawnCapstan(['watch'], { environment, onOutput: (_out, interrupt) => interrupt() });
    assert.equal(left.code, 130);
    assert.match(left.err, /The upgrade of test goes on\. Attach again with: capstan watch --cluster test/);

    looked.resolve();
    assert.equal((await call('watch')).code, 0);
    const report: unknown = JSON.parse((await call('report', '--cluster', 'test', '-o', 'json')).out);
    assert.ok(typeof report === 'object' && report !== null && 'state' in report && report.state === 'done');
    assert.match((await call('logs', 'w1', 'upgradeKubelet', '--cluster', 'test')).out, /^test-v1\.34\.4-[0-9a-f]{8} w1 upgradeKubelet\n$/);
    assert.match((await call('report', '--cluster', 'test')).out, /Decisions:\n.* set drainTimeout=1h: slow pods\n.* retry w1\n/);
    assert.match((await call('list')).out, /test {6}done {4}done {4}v1\.34\.4/);
  });

  // The goal is 0.8 s on a quiet machine: about five times as much of the processor as a command that loads nothing.
  test('status is there in a moment', async () => {
    const [least = 0, status = 0] = await processorTimes([capstanArgs('version'), capstanArgs('status', '--cluster', 'test')], environment);
    assert.ok(status < 12 * least, `${status} s of the processor, and ${least} s for a command that loads nothing`);
  });

  test('a cluster whose upgrade has ended is restored by its snapshot, followed, listed and told about', async () => {
    const file = await spec();
    const asked = await call('rollback', '--scope', 'cluster', '-f', file);
    assert.equal(asked.code, 1);
    const [, upgrade = ''] = /Next: capstan restore -f .* --snapshot (test-v1\.34\.4-[0-9a-f]{8}) --confirm test\n$/.exec(asked.err) ?? assert.fail(asked.err);
    assert.equal((await call('restore', '-f', file, '--snapshot', upgrade)).code, 64);

    const restored = await call('restore', '-f', file, '--snapshot', upgrade, '--confirm', 'test', '--reason', 'errors rise', '--wait');
    assert.equal(restored.code, 5, restored.err);
    assert.match(restored.err, /test is back at v1\.33\.13, as it was at 2026-11-21 00:00:00Z\./);
    assert.match((await call('status', '--cluster', 'test')).out, /^test {2}v1\.34\.4 → v1\.33\.13 {2}rolled-back, .*\n[^]*cp1 .* rolled-back .* v1\.33\.13/);
    assert.match((await call('report', '--cluster', 'test')).out, /cp1 +restoreControlPlane/);
    assert.match((await call('logs', 'cp1', 'restoreControlPlane', '--cluster', 'test')).out, new RegExp(`^${upgrade} cp1 restoreControlPlane\n$`));
    assert.match((await call('list')).out, /test {6}rolled-back +rolled-back +v1\.33\.13[^]*test {6}done/);
  });

  async function untilSecondAttempt(): ReturnType<Awaited<ReturnType<typeof connect>>['activities']> {
    const client = await connect(environment);
    try {
      for (;;) {
        const steps = await client.activities('test');
        if (steps.some(({ attempt, startedAt }) => attempt > 1 && startedAt !== null)) return steps;
        await new Promise((resolve) => { setTimeout(resolve, 50); });
      }
    } finally {
      await client.close();
    }
  }

  test('an upgrade that was ended in Temporal ends watch with 6', async () => {
    await start();
    assert.equal((await call('status')).code, 0);
    await server.client.workflow.getHandle(upgradeWorkflowId('test')).terminate('by the test');
    const { code, out } = await call('watch', '--cluster', 'test');
    assert.equal(code, 6);
    assert.match(out, /failed/);
  });

  test('an upgrade is never taken for another one of its cluster', async () => {
    const client = await connect(environment);
    try {
      const terminated = await client.firstRun('test');
      await assert.rejects(client.ended('test', new AbortController().signal, terminated), { exitCode: 6 });
      await start();
      assert.equal((await call('watch', '--cluster', 'test')).code, 0);
      const done = await client.firstRun('test');
      assert.equal((await client.status('test', done)).state, 'done');
      assert.equal((await client.ended('test', new AbortController().signal, done))?.state, 'done');

      const another = { exitCode: 1, message: /what became of the upgrade of test that was followed is not known: Temporal has another one, of 2/ };
      await assert.rejects(client.status('test', terminated), another);
      await assert.rejects(client.ended('test', new AbortController().signal, terminated), another);
    } finally {
      await client.close();
    }
  });

  test('a namespace that is not there is named', async () => {
    const { code, err } = await capstan(fakeClient(), ['list'], { connect: () => connect({ ...environment, CAPSTAN_TEMPORAL_NAMESPACE: 'nowhere' }) });
    assert.equal(code, 1);
    assert.match(err, /has no namespace nowhere\nNext: create it with/);
  });

  test('without a worker reads of the cluster end with 75, and what has ended is still told', async () => {
    await start();
    // By its name: it may be over by now.
    assert.equal((await call('watch', '--cluster', 'test')).code, 0);
    worker.shutdown();
    await ran;
    assert.equal((await call('status', '--cluster', 'test')).code, 0);
    assert.equal((await call('report', '--cluster', 'test')).code, 0);
    const { code, err } = await call('plan', '-f', await spec());
    assert.equal(code, 75, err);
    assert.match(err, /no worker polls the task queue cli-test.*\nNext: start one with `capstan worker`/);
  });
});
