/** A rehearsal against the truth: the lab is rehearsed, then upgraded without faults, and both are compared. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { RehearsalReport } from '../../simulator/rehearse/main.ts';
import type { UpgradeReport } from '../../workflows/domain/status.ts';
import { freshLab } from './fresh.ts';
import { kubectl, labFiles, labFolder } from './lab.ts';
import type { LabState } from './lab.ts';
import { AvailabilityWatch } from './scenario/evidence.ts';
import { Follower } from './scenario/follow.ts';
import { capstan, newStage, startCapstan } from './scenario/programs.ts';
import type { Program, Stage } from './scenario/programs.ts';
import { compareWithTruth, TruthWatch } from './scenario/rehearsal-truth.ts';

const MINUTES = 60_000;
const CLUSTER = 'capstan-lab';
const SPEC = labFiles.spec;

describe('a rehearsal of a real cluster', { timeout: 30 * MINUTES }, () => {
  let lab: LabState;
  let stage: Stage;
  let server: Program | undefined;
  let rehearsed: RehearsalReport;

  before(async () => {
    lab = await freshLab();
    stage = await newStage(await mkdtemp(join(tmpdir(), 'capstan-rehearse-')));
    server = startCapstan(stage, 'server', ['dev', '--port', stage.environment['CAPSTAN_TEST_PORT'] ?? '', '--ui-port', stage.environment['CAPSTAN_TEST_UI_PORT'] ?? '']);
    while ((await capstan(stage, ['doctor'])).code !== 0) await delay(500);
  });

  after(async () => {
    await server?.kill('SIGTERM');
    if (stage !== undefined) await rm(stage.folder, { recursive: true, force: true });
  });

  it('changes nothing: no object of the API is written by it', async () => {
    const before = await writtenIn(lab);
    const result = await capstan(stage, ['rehearse', '-f', SPEC, '-o', 'json'], 3 * MINUTES);
    assert.ok([0, 2].includes(result.code), result.stderr);
    rehearsed = JSON.parse(result.stdout);
    assert.equal(rehearsed.nodes.length, lab.plan.nodes.length);
    assert.deepEqual(await writtenIn(lab), before);
  });

  it('says order, blocked drains and unavailable maxima as they then are, and the time within 25 %', { timeout: 20 * MINUTES }, async () => {
    const follower = new Follower(stage, CLUSTER);
    const watch = new TruthWatch(lab, stage, follower);
    const availability = new AvailabilityWatch(lab);
    watch.start();
    availability.start('lab', 'web');
    try {
      const ended = await capstan(stage, ['start', '-f', SPEC, '--yes', '--wait'], 18 * MINUTES);
      assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    } finally {
      availability.stop();
      await watch.stop();
      await follower.close();
    }
    const report: UpgradeReport = JSON.parse((await capstan(stage, ['report', '--cluster', CLUSTER, '-o', 'json'])).stdout);
    const { differences, timeRatio } = compareWithTruth(rehearsed, report, watch.truth);
    const web = rehearsed.unavailable.replicas.find(({ workload }) => workload === 'lab/web');
    const outcome = { rehearsed, report, timeRatio, differences, blocked: [...watch.truth.blocked], down: Object.fromEntries(watch.truth.down), leastAvailable: availability.least };
    await writeFile(join(labFolder, 'rehearsal.json'), `${JSON.stringify(outcome, null, 2)}\n`);
    process.stdout.write(`rehearsed p50 ${rehearsed.finish.p50Seconds} s, p90 ${rehearsed.finish.p90Seconds} s; was ${report.wallSeconds} s (${timeRatio.toFixed(2)} × p50)\n`);
    assert.deepEqual(differences, []);
    assert.equal(6 - availability.least, web?.most ?? 0, 'replicas of lab/web that were unavailable');
    assert.ok(timeRatio >= 0.75 && timeRatio <= 1.25, `${report.wallSeconds} s, rehearsed ${rehearsed.finish.p50Seconds} s`);
  });
});

/**
 * All that a rehearsal could have touched, without what the cluster itself writes all the time: status, and the version that
 * grows with it. A Deployment of a lab that has just come up may still be counting its replicas.
 */
async function writtenIn(lab: LabState): Promise<readonly string[]> {
  const kinds = 'nodes,pods,deployments,replicasets,statefulsets,daemonsets,poddisruptionbudgets,configmaps,secrets,leases';
  const { items } = JSON.parse(await kubectl(lab, ['get', kinds, '-A', '-o', 'json'])) as { readonly items: readonly Written[] };
  return items.map(({ kind, metadata: { namespace, name, uid, labels, annotations }, spec, data }) =>
    JSON.stringify([kind, namespace, name, uid, labels, annotations, kind === 'Lease' ? null : spec, data]));
}

interface Written {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string; readonly name: string; readonly uid: string; readonly labels?: unknown; readonly annotations?: unknown };
  readonly spec?: unknown;
  readonly data?: unknown;
}
