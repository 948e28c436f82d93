import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { CommandError } from '../../client/command-error.ts';
import { InspectionError } from '../../client/inspection-error.ts';
import { noWorker } from '../../client/temporal/service-errors.ts';
import { testPlan } from '../workflows/fake-cluster.ts';
import type { UpgradeStatus } from '../../workflows/domain/status.ts';
import { capstan, fakeClient, node, running, testStatus } from './fake-client.ts';
import { HOST_STEPS } from '../../workflows/domain/host-steps.ts';

const SPEC = 'examples/cluster.yaml';
const BLOCK = { check: 'host-disk', node: 'w1', severity: 'block', message: '1 GiB free, 3 GiB needed', next: 'free 2 GiB on w1' } as const;
const WARN = { check: 'host-swap', node: 'w2', severity: 'warn', message: 'swap is on', next: 'swapoff -a' } as const;
const NOTHING = { ...testPlan(3, 2, 1), changes: false, from: 'v1.34.4', nodes: testPlan(3, 2, 1).nodes.map((planned) => ({ ...planned, from: 'v1.34.4', changes: false })) };

describe('plan', () => {
  test('shows the nodes in their order, the windows and the hash, and ends with 2 where there are changes', async () => {
    const { code, out, err } = await capstan(fakeClient(), ['plan', '-f', SPEC]);
    assert.equal(code, 2);
    assert.equal(err, '');
    assert.equal(out, [
      'test  v1.33.13 → v1.34.4  (kubeadm, etcd stacked, 3 members): 5 of 5 nodes to upgrade',
      '',
      'ORDER   NODE   ROLES                POOL      FROM       TO        WHAT',
      '1       cp1    etcd,control-plane             v1.33.13   v1.34.4   kubeadm upgrade apply, drain, kubelet, uncordon',
      '2       cp2    etcd,control-plane             v1.33.13   v1.34.4   kubeadm upgrade node, drain, kubelet, uncordon',
      '3       cp3    etcd,control-plane             v1.33.13   v1.34.4   kubeadm upgrade node, drain, kubelet, uncordon',
      '4       w1     worker               default   v1.33.13   v1.34.4   drain, upgrade, uncordon',
      '5       w2     worker               default   v1.33.13   v1.34.4   drain, upgrade, uncordon',
      '',
      'Pool default: at most 1 of 2 nodes down at once',
      '',
      'What is done, and with what:',
      '  Packages                    from the package sources that each host has',
      '  Images                      from registry.k8s.io, kubeadm\'s default',
      '  Drain of the control plane  evicts every pod but those of DaemonSets, deletes no data in emptyDir volumes and no pod without a controller, takes at most 15m',
      '  Drain of pool default       evicts every pod but those of DaemonSets, deletes no data in emptyDir volumes and no pod without a controller, takes at most 15m',
      '  A worker that fails         is held, and waits for a person',
      '',
      'Plan hash',
      '',
    ].join('\n'));
  });

  test('ends with 0 where there is nothing to do', async () => {
    const { code, out } = await capstan(fakeClient({ plan: NOTHING }), ['plan', '-f', SPEC]);
    assert.equal(code, 0);
    assert.match(out, /nothing to do/);
  });

  test('is the plan itself as JSON and as YAML', async () => {
    const json = await capstan(fakeClient(), ['plan', '-f', SPEC, '-o', 'json']);
    assert.deepEqual(JSON.parse(json.out), testPlan(3, 2, 1));
    const yaml = await capstan(fakeClient(), ['plan', '-f', SPEC, '-o', 'yaml']);
    assert.deepEqual(parse(yaml.out), testPlan(3, 2, 1));
  });

  test('places a failure about the spec at its line', async () => {
    const failure = { type: 'FileMissing', message: 'spec.access.kubeconfig.file: no such file /root/.kube/prod-eu on the worker', next: 'copy it there' } as const;
    const { code, out, err } = await capstan(fakeClient({}, { inspect: () => Promise.reject(new InspectionError(failure)) }), ['plan', '-f', SPEC]);
    assert.equal(code, 1);
    assert.equal(out, '');
    assert.match(err, /^error: examples\/cluster\.yaml:13: spec\.access\.kubeconfig\.file: no such file .*\nNext: copy it there\n$/);
  });

  test('ends with 75 and the command that starts a worker where none polls', async () => {
    const { code, err } = await capstan(fakeClient({}, { inspect: () => Promise.reject(noWorker('capstan', '')) }), ['plan', '-f', SPEC]);
    assert.equal(code, 75);
    assert.match(err, /no worker polls the task queue capstan\nNext: start one with `capstan worker`/);
  });
});

describe('start', () => {
  test('starts the plan that was shown, once the person types yes', async () => {
    const client = fakeClient();
    const { code, err } = await capstan(client, ['start', '-f', SPEC], { answer: 'yes' });
    assert.equal(code, 0);
    assert.deepEqual(client.started.map(({ plan }) => plan), [testPlan(3, 2, 1)]);
    assert.match(client.started[0]?.by ?? '', /^.+@.+$/);
    assert.match(err, /capstan watch --cluster prod-eu\nWeb UI: http/);
    assert.equal(client.closed(), 1);
  });

  for (const answer of ['y', 'YES', 'no', '']) {
    test(`takes ${JSON.stringify(answer)} for no`, async () => {
      const client = fakeClient();
      const { code, err } = await capstan(client, ['start', '-f', SPEC], { answer });
      assert.equal(code, 1);
      assert.match(err, /Nothing was started\.\n$/);
      assert.deepEqual(client.started, []);
    });
  }

  test('without a terminal, and under --no-input, waits for approval, and never asks', async () => {
    for (const [args, setting] of [[['start', '-f', SPEC], {}], [['start', '-f', SPEC, '--no-input'], { answer: 'yes' }]] as const) {
      const client = fakeClient();
      const { code, out, err } = await capstan(client, args, setting);
      assert.equal(code, 0);
      assert.match(out, /^Plan hash$/m);
      assert.deepEqual(client.started.map(({ plan, awaitApproval }) => [plan.hash, awaitApproval]), [['hash', true]]);
      assert.match(err, /waits for approval: nothing is changed before\. Say yes with: capstan approve --cluster prod-eu --plan-hash hash\n/);
      assert.doesNotMatch(err, /Only "yes"/);
    }
  });

  test('with --yes, or once a person typed it, waits for nobody', async () => {
    for (const [args, setting] of [[['start', '-f', SPEC, '--yes'], {}], [['start', '-f', SPEC], { answer: 'yes' }]] as const) {
      const client = fakeClient();
      await capstan(client, args, setting);
      assert.equal(client.started[0]?.awaitApproval, undefined);
    }
  });

  test('starts nothing and ends with 3 where preflight blocks', async () => {
    const client = fakeClient({ findings: [WARN, BLOCK] });
    const { code, out, err } = await capstan(client, ['start', '-f', SPEC, '--yes']);
    assert.equal(code, 3);
    assert.match(out, /blocks {3}host-disk {3}w1 {5}1 GiB free[^]*Next: free 2 GiB on w1/);
    assert.match(err, /preflight blocks: nothing was started/);
    assert.deepEqual(client.started, []);
  });

  test('starts in spite of warnings, and shows them', async () => {
    const client = fakeClient({ findings: [WARN] });
    const { code, out } = await capstan(client, ['start', '-f', SPEC, '--yes']);
    assert.equal(code, 0);
    assert.match(out, /warns {4}host-swap/);
    assert.equal(client.started.length, 1);
  });

  test('says that there is nothing to do, and starts nothing', async () => {
    const client = fakeClient({ plan: NOTHING });
    const { code, err } = await capstan(client, ['start', '-f', SPEC, '--yes']);
    assert.equal(code, 0);
    assert.match(err, /there is nothing to do/);
    assert.deepEqual(client.started, []);
  });

  test('refuses a second start with who started what and when, before it reads the cluster', async () => {
    const client = fakeClient({ found: running('prod-eu') });
    const { code, err } = await capstan(client, ['start', '-f', SPEC, '--yes']);
    assert.equal(code, 1);
    assert.equal(err, 'error: an upgrade of prod-eu runs already: started by ada@ops-1 at 2026-11-21 12:00:00Z, to v1.34.4, now running in phase workers\nNext: capstan status --cluster prod-eu\n');
    assert.deepEqual(client.inspected, []);
  });

  test('refuses likewise where another start wins the race', async () => {
    const client = fakeClient({}, { start: async () => running('prod-eu') });
    const { code, err } = await capstan(client, ['start', '-f', SPEC, '--yes']);
    assert.equal(code, 1);
    assert.match(err, /started by ada@ops-1/);
  });

  test('begins again where the last upgrade has ended', async () => {
    const client = fakeClient({ found: { ...running('prod-eu'), state: 'failed', endedAt: STARTED_LATER } });
    assert.equal((await capstan(client, ['start', '-f', SPEC, '--yes'])).code, 0);
    assert.equal(client.started.length, 1);
  });

  test('ends with the outcome of the upgrade under --wait', async () => {
    const done = testStatus({ state: 'done', phase: 'done', nodes: [node('w1', { state: 'done' })] });
    const { code, err, interrupts } = await capstan(fakeClient({ status: [done] }), ['start', '-f', SPEC, '--yes', '--wait']);
    assert.equal(code, 0);
    assert.match(err, /prod-eu is at v1\.34\.4/);
    assert.ok(interrupts.some((words) => /goes on\. Attach again with: capstan watch --cluster prod-eu/.test(words ?? '')));
  });
});

const STARTED_LATER = '2026-11-21T12:05:00.000Z';

describe('watch', () => {
  const outcomes = [
    { name: 'done', code: 0, status: testStatus({ state: 'done', phase: 'done', nodes: [node('w1', { state: 'done' })] }) },
    { name: 'failed', code: 6, status: testStatus({ state: 'failed', phase: 'failed', failure: { type: 'AddonFailed', message: 'coredns did not roll out' } }) },
    { name: 'rolled back', code: 5, status: testStatus({ state: 'rolled-back', phase: 'rolled-back' }) },
    { name: 'cancelled', code: 6, status: testStatus({ state: 'cancelled', phase: 'cancelled' }) },
    { name: 'held with nothing in flight', code: 4, status: testStatus({ state: 'held', nodes: [node('w1', { state: 'held', step: 'drainNode' })] }) },
    { name: 'paused with nothing in flight', code: 4, status: testStatus({ state: 'paused', nodes: [node('w1')] }) },
  ];
  for (const { name, code, status } of outcomes) {
    test(`ends with ${code} where the upgrade is ${name}`, async () => {
      assert.equal((await capstan(fakeClient({ status: [status] }), ['watch'])).code, code);
    });
  }

  test('goes on while a node is in flight beside a held one', async () => {
    const held = node('w1', { state: 'held', step: 'drainNode', failure: { type: 'DrainTimeout', message: 'web-1 stays' } });
    const moving = testStatus({ state: 'held', nodes: [held, node('w2', { state: 'upgrading', step: 'upgradeKubelet' })] });
    const resting = testStatus({ state: 'held', nodes: [held, node('w2', { state: 'done' })] });
    const { code, out } = await capstan(fakeClient({ status: [moving, resting] }), ['watch']);
    assert.equal(code, 4);
    assert.match(out, /^12:10:00 {2}prod-eu: held, phase workers\n12:10:00 {2}w1 {2}held {2}drainNode {2}DrainTimeout: web-1 stays\n12:10:00 {2}w2 {2}upgrading {2}upgradeKubelet\n12:10:00 {2}w2 {2}done\n/);
  });

  test('tries again where a worker or Temporal is away for a while', async () => {
    let calls = 0;
    const done = testStatus({ state: 'done', phase: 'done', nodes: [] });
    const status = async (): Promise<typeof done> => {
      calls += 1;
      if (calls === 1) throw noWorker('capstan', '');
      return done;
    };
    const { code, err } = await capstan(fakeClient({}, { status, ended: async () => null }), ['watch']);
    assert.equal(code, 0);
    assert.match(err, /no worker polls the task queue capstan\. Trying again/);
  });

  test('tells of no end before Temporal has written it down, though the worker does', async () => {
    const done = testStatus({ state: 'done', phase: 'done', nodes: [] });
    const written = Promise.withResolvers<null>();
    const askedAgain = Promise.withResolvers<string>();
    let asked = 0;
    const status = async (): Promise<typeof done> => {
      asked += 1;
      if (asked === 2) askedAgain.resolve('asked again');
      return done;
    };
    const watching = capstan(fakeClient({}, { status, ended: () => written.promise }), ['watch']);
    assert.equal(await Promise.race([askedAgain.promise, watching.then(({ err }) => err)]), 'asked again');
    written.resolve(null);
    assert.equal((await watching).code, 0);
  });

  test('takes over no outcome of another upgrade, where Temporal has come back with that one', async () => {
    const another = new CommandError('Temporal has another one', { next: 'capstan plan -f FILE' });
    const runs = ['this', 'another'];
    const firstRun = async (): Promise<string> => runs.shift() ?? 'another';
    // From its second question on, Temporal has another upgrade of the cluster, which is done and was terminated at once.
    const asked: (string | undefined)[] = [];
    const status = async (_cluster: string, first?: string): Promise<UpgradeStatus> => {
      asked.push(first);
      if (asked.length === 1) return testStatus();
      if (first === 'this') throw another;
      return testStatus({ state: 'done', phase: 'done' });
    };
    const ended = async (_cluster: string, signal: AbortSignal, first?: string): Promise<null> => {
      if (first !== 'this') throw new CommandError('the upgrade of prod-eu was ended in Temporal: terminated', { exitCode: 6 });
      await new Promise((resolve) => { signal.addEventListener('abort', resolve); });
      return null;
    };
    const { code, out, err } = await capstan(fakeClient({}, { firstRun, status, ended }), ['watch']);
    assert.equal(code, 1);
    assert.match(err, /error: Temporal has another one\nNext: capstan plan/);
    assert.doesNotMatch(out + err, /is at v1\.34\.4|was ended/);
    assert.deepEqual(asked, ['this', 'this']);
  });

  test('ends with 6 where somebody ended the upgrade in Temporal and no worker can tell more', async () => {
    const gone = new CommandError('the upgrade of prod-eu was ended in Temporal: terminated', { exitCode: 6 });
    const client = fakeClient({}, { status: () => Promise.reject(noWorker('capstan', '')), ended: () => Promise.reject(gone) });
    assert.equal((await capstan(client, ['watch'])).code, 6);
  });
});

describe('doctor', () => {
  test('shows what the worker found, and ends with 3 where something blocks', async () => {
    const { code, out } = await capstan(fakeClient({ findings: [BLOCK, WARN] }), ['doctor', '-f', SPEC]);
    assert.equal(code, 3);
    assert.match(out, /blocks {3}host-disk[^]*warns {4}host-swap[^]*ok {7}client/);
  });
  test('ends with 2 where something warns', async () => {
    assert.equal((await capstan(fakeClient({ findings: [WARN] }), ['doctor', '-f', SPEC])).code, 2);
  });
  test('shows a Temporal that does not answer as a finding, and ends with 75', async () => {
    const connect = (): Promise<never> => Promise.reject(new CommandError('Temporal does not answer at x', { exitCode: 75, next: 'capstan dev' }));
    const { code, out } = await capstan(fakeClient(), ['doctor', '-o', 'json'], { connect });
    assert.equal(code, 75);
    assert.match(out, /"check": "temporal-reachable"/);
  });
});

describe('logs', () => {
  test('are read as the running upgrade was started, or as a given spec says', async () => {
    const client = fakeClient();
    assert.equal((await capstan(client, ['logs', 'w1', 'stageNode'])).out, 'all of it\n');
    assert.equal((await capstan(client, ['logs', 'w1', 'stageNode', '-f', SPEC])).out, 'all of it\n');
    assert.deepEqual(client.inspected.map(({ spec, logs }) => [spec.access.ssh.user, spec.access.kubeconfig, logs]), [
      ['ops', { file: '/kubeconfig' }, { upgrade: 'prod-eu-v1.34.4-12345678', node: 'w1', step: 'stageNode', host: { address: '10.0.0.21', port: 22 } }],
      ['ops', { file: '~/.kube/prod-eu' }, { upgrade: 'prod-eu-v1.34.4-12345678', node: 'w1', step: 'stageNode', host: { address: '10.0.0.21', port: 22 } }],
    ]);
  });
  test('name the steps where there is no such one', async () => {
    const { code, err } = await capstan(fakeClient(), ['logs', 'w1', 'dance']);
    assert.equal(code, 64);
    assert.match(err, /steps with output are stageNode, .*recordControlPlane, .*restoreWorker/);
  });
  test('are had of every step that a failure sends to them, and of no other word', async () => {
    for (const step of Object.keys(HOST_STEPS)) assert.equal((await capstan(fakeClient(), ['logs', 'w1', step])).code, 0, step);
    for (const step of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf', '']) {
      const { code, err } = await capstan(fakeClient(), ['logs', 'w1', step]);
      assert.equal(code, 64, step);
      assert.match(err, /there is no step/);
    }
    const quiet = await capstan(fakeClient(), ['logs', 'w1', 'cordonNode']);
    assert.deepEqual([quiet.code, /cordonNode runs no command on the host/.test(quiet.err)], [64, true]);
  });
  test('of a node that the plan does not have are asked of the API', async () => {
    const client = fakeClient();
    await capstan(client, ['logs', 'w9', 'stageNode']);
    assert.deepEqual(client.inspected.map(({ logs }) => logs), [{ upgrade: 'prod-eu-v1.34.4-12345678', node: 'w9', step: 'stageNode' }]);
  });
});

test('a fault of the program shows no stack, unless asked for', async () => {
  const broken = fakeClient({}, { status: () => Promise.reject(new TypeError('x is not a function')) });
  const quiet = await capstan(broken, ['status']);
  assert.equal(quiet.code, 1);
  assert.match(quiet.err, /^error: unexpected: x is not a function\nNext: .*CAPSTAN_DEBUG=1/);
  assert.doesNotMatch(quiet.err, / at /);
  assert.match((await capstan(broken, ['status'], { environment: { CAPSTAN_DEBUG: '1' } })).err, /commands\.test\.ts/);
});
