import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabState } from '../lab.ts';
import { freshLab, startingLab } from '../fresh.ts';
import { labFiles } from '../lab.ts';
import type { RunResult } from '../process.ts';
import { Follower } from '../scenario/follow.ts';
import { capstan, newStage, startCapstan } from '../scenario/programs.ts';
import type { Program, Stage } from '../scenario/programs.ts';
import { untilAnswered } from '../scenario/wait.ts';

export const CLUSTER = 'capstan-lab';
export const SPEC = labFiles.spec;
export const MINUTES = 60_000;

/** A lab, a server without a worker, and an operator. */
export interface Scene {
  readonly lab: LabState;
  readonly stage: Stage;
  readonly follower: Follower;
  readonly startWorker: () => Program;
  /** `capstan ARGS`, whatever its exit code. */
  readonly say: (...args: readonly string[]) => Promise<RunResult>;
  /** The same where it must end well; its output. */
  readonly sayWell: (...args: readonly string[]) => Promise<string>;
  /** Ends the server and takes its folder away. */
  readonly close: () => Promise<void>;
}

/** `fresh`: a lab that nothing was ever upgraded on; otherwise one that a restore may have brought back will do. */
export async function openScene(isFresh: boolean): Promise<Scene> {
  const lab = await (isFresh ? freshLab() : startingLab());
  const stage = await newStage(await mkdtemp(join(tmpdir(), 'capstan-faults-')));
  const server = startCapstan(stage, 'server', ['dev', '--no-worker', '--port', stage.environment['CAPSTAN_TEST_PORT'] ?? '', '--ui-port', stage.environment['CAPSTAN_TEST_UI_PORT'] ?? '']);
  const follower = new Follower(stage, CLUSTER);
  const say = (...args: readonly string[]): Promise<RunResult> => capstan(stage, args, 40 * MINUTES);
  await untilAnswered(stage, ['list']);
  return {
    lab, stage, follower, say,
    startWorker: () => startCapstan(stage, 'worker', ['worker']),
    sayWell: async (...args) => {
      const { code, stdout, stderr } = await say(...args);
      assert.equal(code, 0, `capstan ${args.join(' ')}\n${stdout}${stderr}`);
      return stdout + stderr;
    },
    close: async () => {
      await follower.close();
      await server.kill('SIGTERM');
      await rm(stage.folder, { recursive: true, force: true });
    },
  };
}
