import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateCluster } from '../../simulator/generate.ts';
import type { StepMoment } from '../../simulator/hosts/steps.ts';
import { randomOf } from '../../simulator/random.ts';
import { startTwin } from '../../simulator/twin.ts';
import type { Twin } from '../../simulator/twin.ts';
import { until } from '../support/until.ts';
import { keepTimes } from './measure/keep-times.ts';
import { CUTS_A_STEP, cutCommands } from './place/cut-commands.ts';
import type { Scene } from './place/scene.ts';

const LIMIT = { timeout: 2 * 60_000 };
const SPEED = 60;

const refuse = (): never => { throw new Error('cuts do not touch the engine'); };

async function onTwin(body: (twin: Twin, scene: Scene) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'capstan-cuts-'));
  const twin = await startTwin(generateCluster({ name: 'cuts', seed: 1, workers: 1, podsPerNode: 0 }), { seed: 1, speed: SPEED, folder: join(folder, 'twin'), way: 'recognised' });
  try {
    await body(twin, {
      cluster: 'cut', twin, speed: SPEED, random: randomOf(1), times: keepTimes(twin), untilDecided: refuse,
      engine: { killWorker: refuse, freezeWorker: refuse, jumpClock: refuse, restartServer: refuse, control: refuse },
    });
  } finally {
    await twin.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function tell({ hosts }: Twin, moment: StepMoment, step: string): void {
  hosts.host('w1').machine.world.steps.tell({ moment, node: 'w1', step, intent: 1, retry: 0 });
}

test('the command of a step is cut each time that it is asked for, so often and no more, and only while the step runs', LIMIT, () => onTwin(async (twin, scene) => {
  let cuts = 0;
  cutCommands(scene, randomOf(1), () => { cuts += 1; });

  tell(twin, 'asked', 'upgradeKubelet');
  tell(twin, 'finished', 'upgradeKubelet');
  tell(twin, 'started', 'stageNode');
  for (let expected = 1; expected <= CUTS_A_STEP; expected += 1) {
    tell(twin, 'asked', 'stageNode');
    await until(`cut ${expected}`, () => cuts === expected);
  }
  tell(twin, 'asked', 'stageNode');
  tell(twin, 'started', 'upgradeKubeadm');
  tell(twin, 'asked', 'upgradeKubeadm');

  await until('the cut of the other step', () => cuts > CUTS_A_STEP);
  assert.equal(cuts, CUTS_A_STEP + 1, 'one of the other step, and none of those that had ended or had been cut often enough');
}));

test('each step that is cut lasts longer than its cuts take', LIMIT, () => onTwin(async (twin, scene) => {
  cutCommands(scene, randomOf(1), () => undefined);
  tell(twin, 'asked', 'stageNode');
  tell(twin, 'asked', 'stageNode');
  assert.deepEqual(twin.hosts.host('w1').machine.faults.map(({ operation, effect }) => [operation, effect.kind]), [['fetch packages', 'wait']]);
}));
