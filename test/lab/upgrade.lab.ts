/**
 * The main job on a real cluster: five hosts from v1.33.13 to v1.34.4, with a worker that is killed twice, a Temporal
 * server that is restarted, and a pause in the middle. Everything asserted is read from the hosts and the API.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { UpgradeReport } from '../../workflows/domain/status.ts';
import { freshLab } from './fresh.ts';
import { kubectl, labFiles, labFolder, onHost } from './lab.ts';
import type { LabState } from './lab.ts';
import { apiProbe, httpProbe, Prober } from './probes.ts';
import type { ProbeReport } from './probes.ts';
import { AvailabilityWatch, etcdVersions, nodesOf, packagesOf, unitStarts } from './scenario/evidence.ts';
import type { NodeEvidence } from './scenario/evidence.ts';
import { Follower } from './scenario/follow.ts';
import { lookAtWebUi } from './scenario/web-ui.ts';
import type { SeenInWebUi } from './scenario/web-ui.ts';
import { capstan, newStage, startCapstan } from './scenario/programs.ts';
import type { Program, Stage } from './scenario/programs.ts';
import { stays, untilAnswered, untilOnHost } from './scenario/wait.ts';

const SPEC = labFiles.spec;
const CLUSTER = 'capstan-lab';
const MINUTES = 60_000;
// `npm run lab -- upgrade-by-hand` on the same lab with the same probes, recorded in docs/lab.md.
const FAILED_BY_HAND = 82;

interface Outcome {
  readonly report: UpgradeReport;
  readonly service: ProbeReport;
  readonly api: ProbeReport;
  readonly leastAvailable: number;
  readonly webUi: SeenInWebUi;
  readonly heldByPause: { readonly node: NodeEvidence; readonly paused: boolean };
}

describe('a real cluster from v1.33.13 to v1.34.4', { timeout: 58 * MINUTES }, () => {
  let lab: LabState;
  let stage: Stage;
  let server: Program;
  let worker: Program;
  let outcome: Outcome;
  const background: { close(): Promise<unknown> | void }[] = [];

  const startServer = (): Program =>
    startCapstan(stage, 'server', ['dev', '--no-worker', '--port', stage.environment['CAPSTAN_TEST_PORT'] ?? '', '--ui-port', stage.environment['CAPSTAN_TEST_UI_PORT'] ?? '']);
  const startWorker = (): Program => startCapstan(stage, 'worker', ['worker']);

  before(async () => {
    lab = await freshLab();
    stage = await newStage(await mkdtemp(join(tmpdir(), 'capstan-lab-')));
    server = startServer();
    await untilAnswered(stage, ['list']);
    worker = startWorker();
    await untilAnswered(stage, ['doctor']);
  });

  after(async () => {
    for (const { close } of background) await close();
    await worker?.kill('SIGKILL');
    await server?.kill('SIGTERM');
    if (stage !== undefined) await rm(stage.folder, { recursive: true, force: true });
  });

  it('validates, finds every way in, and shows a plan with changes', async () => {
    assert.equal((await capstan(stage, ['validate', SPEC])).code, 0);
    const doctor = await capstan(stage, ['doctor', '-f', SPEC]);
    assert.ok([0, 2].includes(doctor.code), doctor.stdout + doctor.stderr);
    const plan = await capstan(stage, ['plan', '-f', SPEC, '-o', 'json']);
    assert.equal(plan.code, 2, plan.stderr);
    assert.equal(JSON.parse(plan.stdout).to, 'v1.34.4');
  });

  it('upgrades all nodes while the worker is killed twice, the server restarted and the operator pauses', { timeout: 30 * MINUTES }, async () => {
    const service = new Prober(httpProbe(lab.plan.serviceUrl), 10);
    const api = new Prober(await apiProbe(labFiles.kubeconfig), 10);
    const availability = new AvailabilityWatch(lab);
    const follower = new Follower(stage, CLUSTER);
    background.push({ close: () => follower.close() }, { close: () => availability.stop() }, { close: () => Promise.all([service.stop(), api.stop()]) });
    service.start();
    api.start();
    availability.start('lab', 'web');

    const started = await capstan(stage, ['start', '-f', SPEC, '--yes']);
    assert.equal(started.code, 0, started.stdout + started.stderr);
    const second = await capstan(stage, ['start', '-f', SPEC, '--yes']);
    assert.equal(second.code, 1);
    assert.match(second.stderr, /@/);

    const first = await follower.until('kubeadm on the first node', (status) => status.nodes.some((node) => node.step === 'upgradeEtcdMember' || node.step === 'upgradeControlPlane'), 8 * MINUTES);
    const applying = nodeIn(first, ['upgrading']);
    await untilOnHost(lab, applying, 'pgrep -f "kubeadm upgrade apply"');
    await worker.kill('SIGKILL');
    assert.notEqual(await onHost(lab, applying, 'pgrep -f "kubeadm upgrade apply"'), '', 'kubeadm runs on while the worker is dead');
    worker = startWorker();

    await follower.until('the second control-plane node', (status) => status.nodes.filter((node) => node.roles.includes('control-plane') && node.state === 'done').length === 1, 10 * MINUTES);
    await server.kill('SIGTERM');
    server = startServer();
    await untilAnswered(stage, ['doctor']);
    const webUi = await lookAtWebUi(stage.uiAddress, CLUSTER, applying, join(labFolder, 'web-ui'));

    const draining = await follower.until('the drain of a worker', (status) => status.nodes.some((node) => node.roles.includes('worker') && node.state === 'draining'), 15 * MINUTES);
    await worker.kill('SIGKILL');
    worker = startWorker();
    const drained = nodeIn(draining, ['draining']);

    assert.equal((await capstan(stage, ['pause', '--cluster', CLUSTER, '--reason', 'test'])).code, 0);
    const paused = await follower.until('the pause', (status) => status.nodes.some((node) => node.name === drained && node.state === 'done') && status.state === 'paused', 5 * MINUTES);
    const next = paused.nodes.find((node) => node.roles.includes('worker') && node.state === 'pending');
    assert.ok(next);
    const left = await stays(10_000, async () => (await nodesOf(lab)).find((node) => node.name === next.name && !node.unschedulable && node.kubelet === 'v1.33.13'));
    const heldByPause = { node: left, paused: (await follower.status())?.state === 'paused' };
    assert.equal((await capstan(stage, ['resume', '--cluster', CLUSTER])).code, 0);

    const end = await capstan(stage, ['watch', '--cluster', CLUSTER], 10 * MINUTES);
    assert.equal(end.code, 0, end.stdout + end.stderr);
    const report = await capstan(stage, ['report', '--cluster', CLUSTER, '-o', 'json']);
    availability.stop();
    outcome = {
      report: JSON.parse(report.stdout), service: await service.stop(), api: await api.stop(), leastAvailable: availability.least, heldByPause, webUi,
    };
    await writeFile(join(labFolder, 'outcome.json'), `${JSON.stringify(outcome, null, 2)}\n`);
    process.stdout.write(summary(outcome));
  });

  it('has every node Ready at the version, nothing cordoned, tainted or marked', async () => {
    const nodes = await nodesOf(lab);
    assert.equal(nodes.length, 5);
    for (const node of nodes) {
      assert.deepEqual([node.name, node.kubelet, node.ready, node.unschedulable], [node.name, 'v1.34.4', true, false]);
      assert.deepEqual(node.taints, node.name.startsWith('cp') ? ['node-role.kubernetes.io/control-plane'] : []);
      assert.ok(!node.annotations.some((annotation) => annotation.startsWith('capstan.dev/')), node.annotations.join(' '));
    }
    const pods = await kubectl(lab, ['get', 'pods', '-A', '-o', 'jsonpath={range .items[*]}{.metadata.name} {.metadata.annotations}{"\\n"}{end}']);
    assert.deepEqual(pods.split('\n').filter((line) => line.includes('capstan.dev/')), []);
  });

  it('has every etcd member at the new version', async () => {
    assert.deepEqual(await etcdVersions(lab, ['cp1', 'cp2', 'cp3']), ['3.6.5', '3.6.5', '3.6.5']);
  });

  it('has the exact packages on every host, held again', async () => {
    for (const node of lab.plan.nodes) {
      const { versions, held } = await packagesOf(lab, node.name);
      assert.deepEqual(versions, ['kubeadm=1.34.4-1.1', 'kubectl=1.34.4-1.1', 'kubelet=1.34.4-1.1']);
      for (const name of ['kubeadm', 'kubectl', 'kubelet']) assert.ok(held.includes(name), `${node.name}: ${name} is not held`);
    }
  });

  it('ran each host step exactly once, by the units in the journal of each host', async () => {
    for (const node of lab.plan.nodes) {
      const starts = await unitStarts(lab, node.name);
      assert.ok(Object.keys(starts).length >= 3, `${node.name}: ${JSON.stringify(starts)}`);
      for (const [unit, count] of Object.entries(starts)) {
        assert.equal(count, 1, `${node.name}: ${unit} ran ${count} times`);
        assert.match(unit, /-1\.service$/, `${node.name}: ${unit} is not the first intent`);
      }
    }
  });

  it('never had the Deployment below its budget, and lost no HTTP request', () => {
    assert.ok(outcome.leastAvailable >= 5, `${outcome.leastAvailable} of 6 available`);
    assert.deepEqual(outcome.service.failures, []);
    assert.ok(outcome.service.sent > 1000);
  });

  it('lost no more requests to the API through its load balancer than the plain procedure by hand', () => {
    assert.ok(outcome.api.sent > 1000);
    assert.ok(outcome.api.failed <= FAILED_BY_HAND, `${outcome.api.failed} of ${outcome.api.sent}: ${JSON.stringify(outcome.api.failures.slice(0, 20))}`);
  });

  it('held the next node while paused', () => {
    assert.ok(outcome.heldByPause.paused);
    assert.equal(outcome.heldByPause.node.kubelet, 'v1.33.13');
  });

  it('shows the table of nodes and what each step is in the Web UI', () => {
    for (const node of lab.plan.nodes) assert.ok(outcome.webUi.details.includes(node.name), outcome.webUi.details);
    assert.match(outcome.webUi.details, /v1\.33\.13 → v1\.34\.4/);
    assert.match(outcome.webUi.history, /upgradeControlPlane • cp\d: kubeadm upgrade apply v1\.34\.4/);
    assert.match(outcome.webUi.history, /drainNode • cp\d: cordon and drain/);
  });

  it('says on a second start that there is nothing to do', async () => {
    const again = await capstan(stage, ['start', '-f', SPEC, '--yes']);
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stdout + again.stderr, /nothing to do/i);
    assert.equal((await capstan(stage, ['plan', '-f', SPEC])).code, 0);
  });

  it('reports each node and step, and keeps its own share of the time small', () => {
    const { report } = outcome;
    assert.equal(report.state, 'done');
    assert.deepEqual(report.nodes.map((node) => [node.name, node.state]), ['cp1', 'cp2', 'cp3', 'w1', 'w2'].map((name) => [name, 'done']));
    assert.ok(report.wallSeconds > report.overheadSeconds);
  });
});

function nodeIn(status: { readonly nodes: readonly { readonly name: string; readonly state: string }[] }, states: readonly string[]): string {
  const node = status.nodes.find((other) => states.includes(other.state));
  assert.ok(node);
  return node.name;
}

function summary({ report, service, api, leastAvailable }: Outcome): string {
  return [
    `wall ${report.wallSeconds} s, engine ${report.overheadSeconds} s`,
    `Service probes ${service.failed} of ${service.sent} failed; API probes ${api.failed} of ${api.sent} failed; least available ${leastAvailable}`,
    ...report.nodes.map((node) => `${node.name}: ${node.steps.map((step) => `${step.step} ${step.seconds.toFixed(1)}${step.attempts > 1 ? ` x${step.attempts}` : ''}`).join(', ')}`),
    '',
  ].join('\n');
}
