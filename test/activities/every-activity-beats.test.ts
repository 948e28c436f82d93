/** No activity waits without a heartbeat: a host or an API that hangs is never taken for a worker that died. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { currentActivity } from '../../activities/activity-context.ts';
import { createActivities } from '../../activities/create-activities.ts';
import type { Hosts } from '../../activities/hosts/port.ts';
import { keepBeating } from '../../activities/keep-beating.ts';
import type { Kube } from '../../activities/kubernetes/port.ts';
import { beatingActivities } from '../../worker/beating.ts';
import { cluster, controlPlane, spec, worker } from '../domain/cluster.ts';
import { planUpgrade } from '../../workflows/domain/plan-upgrade.ts';
import { hashPlan } from '../../workflows/domain/hash-plan.ts';
import { runActivity } from '../support/run-activity.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

/** Of `workflows/activity-options.ts`. */
const HEARTBEAT_TIMEOUT_MS = 12_000;
const STEP_MS = 1_000;

const hung = (): Promise<never> => new Promise(() => undefined);

/** A port whose every call hangs; what is followed never tells anything. */
function hangingKube(): Kube {
  const calls = Object.fromEntries([
    'serverVersion', 'failingReadyChecks', 'clusterUid', 'fold', 'listNodes', 'getNode', 'changeNode', 'listPods', 'evict', 'deletePod', 'listBudgets', 'getConfigMap', 'getWorkload',
    'listWebhookConfigurations', 'listEndpointSlices', 'getLease', 'createLease', 'deleteLease', 'apply',
  ].map((name) => [name, hung]));
  return Object.assign(Object.create(null), calls, { server: 'https://api', follow: () => ({ items: null, outage: null, refusal: null, changed: hung, onChange: () => () => undefined, close: () => undefined }) });
}

function hangingHosts(): Hosts {
  return { probe: hung, runStep: hung, claimStep: hung, readOutput: hung, download: hung, upload: hung };
}

interface Ports {
  readonly what: string;
  readonly openKube: () => Promise<Kube>;
  readonly openHosts: () => Promise<Hosts>;
}

const PORTS: readonly Ports[] = [
  { what: 'nothing can be opened', openKube: hung, openHosts: hung },
  { what: 'every call hangs', openKube: async () => hangingKube(), openHosts: async () => hangingHosts() },
];

/** All that any activity takes, in one. */
function inputFor(folder: string): Readonly<Record<string, unknown>> {
  const planned = planUpgrade(spec(), cluster([controlPlane('cp1'), controlPlane('cp2'), controlPlane('cp3'), worker('w1')]));
  assert.ok(planned.ok);
  const plan = hashPlan(planned.plan);
  const node = plan.nodes.find(({ roles }) => roles.includes('etcd')) ?? assert.fail();
  const members = plan.nodes.filter(({ roles }) => roles.includes('etcd'));
  const db = Buffer.from('a snapshot');
  const sha256 = createHash('sha256').update(db).digest('hex');
  mkdirSync(join(folder, 'snapshots', 'prod'), { recursive: true });
  writeFileSync(join(folder, 'snapshots', 'prod', 'u0.db'), db);
  writeFileSync(join(folder, 'snapshots', 'prod', 'u0.json'), JSON.stringify({ upgrade: 'u0', cluster: 'prod', clusterUid: 'uid-cluster', node: node.name, sha256, bytes: db.length, revision: 1, totalKeys: 1, hash: '1', etcdVersion: '3.5.24', takenAt: '2026-11-21T00:00:00Z', restoredForTrial: true, nodes: plan.nodes }));
  return {
    spec: spec(), plan, upgrade: { cluster: 'prod', clusterUid: 'uid-cluster', id: 'u1', workflowId: 'upgrade/prod', access: spec().access }, by: 'ann@desk',
    node, nodes: plan.nodes, members, retry: 0, epochMs: 1, repository: null, imageRepository: null, kubeadm: spec().kubeadm, etcd: spec().etcd, force: false, acceptOutage: false,
    maxUnavailable: 1, drain: spec().pools[0]?.drain, release: false, restartedAt: null, snapshot: { file: join(folder, 'snapshots', 'prod', 'u0.db'), sha256, bytes: db.length, revision: 1, takenAt: '2026-11-21T00:00:00Z', etcdVersion: '3.5.24' },
    left: { nodes: [{ name: 'w1', mark: 'm', cordoned: true, tainted: true, ready: true, version: 'v1.33.13' }], lock: null }, addon: { name: 'kube-proxy', version: 'v1.34.4' }, skipped: [], step: 'stageNode', offset: 0, pools: [], window: [],
  };
}

/** Some take the same name for other things. */
const OWN_INPUT: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  planRestore: { snapshot: null },
  readLog: { upgrade: 'u1', node: 'w1' },
  taintNodes: { nodes: ['w1'] },
  observeDrains: { nodes: ['w1'] },
  verifyRestore: { plan: { cluster: 'prod', clusterUid: 'uid-cluster', nodes: [], workers: [{ name: 'w1' }], to: 'v1.33.13' } },
};

for (const { what, openKube, openHosts } of PORTS) {
  test(`every activity beats within its heartbeat timeout where ${what}`, async (context) => {
    const stateDir = mkdtempSync(join(scratchFolder(), 'capstan-beats-'));
    context.after(() => { rmSync(stateDir, { recursive: true, force: true }); });
    const all = createActivities({ openKube, openHosts, now: Date.now, stateDir });
    const input = inputFor(stateDir);
    const pass = mockedTime(context);
    const silent: string[] = [];
    const ended: string[] = [];
    for (const name of Object.keys(all)) {
      const beats = await beatsOf(pass, Reflect.get(all, name), { ...input, ...OWN_INPUT[name] });
      if (beats === null) ended.push(name);
      else if (beats === 0) silent.push(name);
    }
    assert.deepEqual([silent, ended], [[], []]);
  });
}

/** Heartbeats in the time after which Temporal gives a worker up; null where the activity ended instead. */
async function beatsOf(pass: (ms: number) => Promise<void>, activity: unknown, input: unknown): Promise<number | null> {
  assert.ok(typeof activity === 'function');
  const environment = new MockActivityEnvironment({}, { interceptors: [beatingActivities] });
  let beats = 0;
  environment.on('heartbeat', () => { beats += 1; });
  let hasEnded = false;
  void environment.run(async () => { await Reflect.apply(activity, undefined, [input]); }).then(() => { hasEnded = true; }, () => { hasEnded = true; });
  await pass(HEARTBEAT_TIMEOUT_MS);
  return hasEnded ? null : beats;
}

test('what an activity told last is told again while it waits, and nothing where it tells enough itself', async (context) => {
  const pass = mockedTime(context);
  const work = Promise.withResolvers<void>();
  const running = runActivity(() => keepBeating(async () => {
    currentActivity().heartbeat({ message: 'waiting for cp2' });
    await work.promise;
  }), null);
  await pass(HEARTBEAT_TIMEOUT_MS);
  assert.deepEqual(running.heartbeats, Array.from({ length: 4 }, () => ({ message: 'waiting for cp2' })));
  // One that is stuck is Temporal's to end.
  await pass(4 * 60_000);
  const atEnd = running.heartbeats.length;
  await pass(60_000);
  assert.equal(running.heartbeats.length, atEnd);
  work.resolve();
  await running.result;
});

/** Passes the time of timers and of the clock that nobody sets. */
function mockedTime(context: TestContext): (ms: number) => Promise<void> {
  let clockMs = 0;
  context.mock.method(performance, 'now', () => clockMs);
  context.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  return async (ms) => {
    for (let left = ms; left > 0; left -= STEP_MS) {
      for (let turn = 0; turn < 5; turn += 1) await setImmediate();
      clockMs += STEP_MS;
      context.mock.timers.tick(STEP_MS);
    }
  };
}
