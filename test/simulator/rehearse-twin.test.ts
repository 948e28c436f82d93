/** A rehearsal beside the truth that a twin can tell: the same cluster, rehearsed through Temporal and the real worker, and then upgraded by it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { generateCluster } from '../../simulator/generate.ts';
import { rehearseCluster } from '../../simulator/rehearse/main.ts';
import type { RehearsalReport } from '../../simulator/rehearse/main.ts';
import { LAB_TIMINGS, scaleTimings } from '../../simulator/timings.ts';
import { startTwin } from '../../simulator/twin.ts';
import type { Twin } from '../../simulator/twin.ts';
import { specOfTwin } from '../support/twin.ts';
import { join } from 'node:path';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import type { Engine } from './support/engine.ts';
import { startTestServerEngine } from './support/test-server-engine.ts';
import { watchModel } from './support/watcher.ts';

const LIMIT_MS = 3 * 60_000;
const WIDTH = 2;
const TIMINGS = scaleTimings(LAB_TIMINGS, 1 / 100);
const CLUSTER = generateCluster({ name: 'rehearsed', seed: 5, workers: 4, podsPerNode: 5, timings: TIMINGS });

describe('a twin that is rehearsed and then upgraded', { timeout: LIMIT_MS }, () => {
  let engine: Engine;
  let twin: Twin;
  let spec: UpgradeSpec;
  let report: RehearsalReport;

  before(async () => {
    engine = await startTestServerEngine();
    // What is compared is of the cluster, not of its hosts: their scripts need no shell.
    twin = await startTwin(CLUSTER, { seed: 5, speed: 20, maxUnavailable: WIDTH, way: 'recognised', folder: join(engine.folder, 'rehearsed') });
    spec = await specOfTwin(twin);
  });
  after(async () => {
    await twin?.stop();
    await engine?.close();
  });

  test('is not touched by the rehearsal: no write reaches its API, and nothing happens on its hosts', async () => {
    const { plan, dump } = await engine.client.inspect({ spec, what: 'rehearse' });
    assert.ok(plan !== null && dump !== undefined);
    report = await rehearseCluster({ spec, plan, dump, source: 'cluster', runs: 3, timings: TIMINGS });
    const verbs = new Set([...twin.api.requests.keys()].map((request) => request.split(' ')[0]));
    assert.deepEqual([...verbs].filter((verb) => !['GET', 'LIST', 'WATCH'].includes(verb ?? '')), []);
    assert.deepEqual(twin.journal.all(), []);
    assert.equal(report.nodes.length, CLUSTER.nodes.length);
  });

  test('is then upgraded with as many nodes down, as many evictions, and the control plane in the same order', { timeout: LIMIT_MS }, async (context) => {
    const watched = watchModel(twin.model);
    const { plan } = await engine.client.inspect({ spec, what: 'plan' });
    assert.ok(plan !== null);
    assert.equal(plan.hash, report.planHash);
    assert.equal(await engine.client.start({ spec, plan, by: 'test@twin' }), null);
    const truth = await engine.client.ended(CLUSTER.name, new AbortController().signal);
    watched.stop();
    assert.equal(truth?.state, 'done', JSON.stringify(truth?.failure));

    const most = new Map(report.unavailable.nodes.filter(({ zone }) => zone === null).map(({ pool, most: count }) => [pool, count]));
    assert.equal(watched.mostCordoned(), most.get('default'));
    assert.equal(watched.mostCordonedControlPlanes(), most.get('control-plane'));

    const began = (truth?.nodes ?? []).map(({ name, roles, steps }) => ({ name, roles, at: steps.find(({ step }) => step !== 'stageNode')?.startedAt ?? '' })).toSorted((one, other) => (one.at < other.at ? -1 : 1));
    const controlPlane = (nodes: readonly { readonly name: string; readonly roles: readonly string[] }[]): readonly string[] => nodes.filter(({ roles }) => roles.includes('control-plane')).map(({ name }) => name);
    assert.deepEqual(controlPlane(began), controlPlane(report.nodes));
    const workers = (nodes: readonly { readonly name: string }[]): readonly string[] => nodes.slice(3, 3 + WIDTH).map(({ name }) => name).toSorted();
    assert.deepEqual(workers(began), workers(report.nodes), 'the first workers of the window');

    const rehearsed = report.evictions.perPod * report.evictions.pods;
    context.diagnostic(`evictions: rehearsed ${rehearsed.toFixed(1)}, were ${twin.model.evictions.length}`);
    assert.ok(Math.abs(twin.model.evictions.length - rehearsed) <= 0.25 * rehearsed, `rehearsed ${rehearsed}, were ${twin.model.evictions.length}`);
  });
});
