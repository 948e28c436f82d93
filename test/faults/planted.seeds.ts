/** For each invariant a bug of the engine: an upgrade with it is reported by this invariant, and by no other. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect } from '../../client/temporal/connect.ts';
import { untilPolling } from '../../simulator/demo/until-polling.ts';
import { startMember, stopMember } from '../../simulator/hosts/control-plane.ts';
import type { Twin } from '../../simulator/twin.ts';
import { pointOf } from './catalogue/points.ts';
import { startServer } from './engine/stand.ts';
import type { Server } from './engine/stand.ts';
import { startWorker } from './engine/worker-process.ts';
import type { WorkerProcess } from './engine/worker-process.ts';
import { INVARIANT_NAMES } from './invariants/invariants.ts';
import type { InvariantName } from './invariants/invariants.ts';
import type { PlacedPoint } from './place/place-point.ts';
import { PLANTS } from './planted/plants.ts';
import type { Deal } from './run/deal.ts';
import { runSeed } from './run/run-seed.ts';
import { wordsToRestore } from './run/words.ts';

const LIMIT_MS = 10 * 60_000;
const WORKERS = ['w1', 'w2', 'w3'];
const CONTROL_PLANES = ['cp1', 'cp2', 'cp3'];

/** What must be so on the twin for the bug to show; most show on any. */
const PREPARED: Partial<Record<InvariantName, (twin: Twin) => void>> = {
  'etcd-whole': ({ hosts }) => { hosts.etcd.alarms.push({ member: 'cp1', alarm: 'NOSPACE' }); },
  quorum: loseFollower,
};
const BUDGET: PlacedPoint = { point: pointOf('drainNode.before.budget-blocks'), node: 'w1' };
/** Harms nobody, and happens long before the bug. */
const HARMLESS: PlacedPoint = { point: pointOf('acquireLease.before.answer-lost'), node: null };

describe('a bug of the engine', { timeout: LIMIT_MS, concurrency: 4 }, () => {
  let folder: string;
  let server: Server;
  let worker: WorkerProcess;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'capstan-planted-'));
    server = await startServer(join(folder, 'server'), false);
    worker = startWorker({ address: server.address, taskQueue: 'planted', folder, program: '../planted/worker.ts' });
    await worker.ready;
    await Promise.all(INVARIANT_NAMES.map((name) => untilPolling(server.address, `planted-${name}`)));
  }, { timeout: LIMIT_MS });
  after(async () => {
    await worker.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  for (const [index, name] of INVARIANT_NAMES.entries()) {
    test(`(${PLANTS[name].bug}) is reported by the invariant ${name} and by no other`, { timeout: LIMIT_MS }, async () => {
      const client = await connect({ CAPSTAN_TEMPORAL_ADDRESS: server.address, CAPSTAN_TASK_QUEUE: `planted-${name}` });
      try {
        const prepare = PREPARED[name];
        const result = await runSeed(dealFor(name, index + 1), { client, controls: NO_CONTROLS, settle: async () => undefined, close: async () => undefined }, { folder, ...(prepare === undefined ? {} : { prepare }) });
        assert.deepEqual([...new Set(result.violations.map(({ invariant }) => invariant))], [name], JSON.stringify(result, null, 1));
      } finally {
        await client.close();
      }
    });
  }
});

const refuse = (): never => { throw new Error('no fault of this test touches the engine'); };
const NO_CONTROLS = { killWorker: refuse, freezeWorker: refuse, jumpClock: refuse, restartServer: refuse, control: refuse };

function dealFor(name: InvariantName, seed: number): Deal {
  return { seed, workers: WORKERS, controlPlanes: CONTROL_PLANES, maxUnavailable: 1, cordoned: name === 'cordon-of-a-person' ? 'w2' : null, own: [name === 'budgets' ? BUDGET : HARMLESS], others: [], needs: 'nothing', words: name === 'restore-together' ? wordsToRestore('w1') : [], lastUpgraded: name === 'restore-together' ? 'w1' : null, drains: true, hasAddon: false, cutsCommands: false };
}

/** The follower that is upgraded second is lost once all control-plane nodes are recorded, until the first one is touched. */
function loseFollower({ hosts, clock }: Twin): void {
  const lost = hosts.etcd.members.filter((member) => member !== hosts.etcd.leader())[1];
  assert.ok(lost !== undefined);
  const { machine } = hosts.host(lost.name);
  let recorded = 0;
  hosts.onStep(({ step, moment }) => {
    if (step === 'recordControlPlane' && moment === 'finished' && ++recorded === CONTROL_PLANES.length) {
      hosts.etcd.stop(lost.name);
      stopMember(machine);
    }
    if (step !== 'kubeadmUpgrade' || moment !== 'started' || lost.running) return;
    // Whoever else sees the start sees it without this member.
    clock.after(1, () => {
      startMember(machine);
      hosts.etcd.start(lost.name, lost.version);
    });
  });
}
