/** The real programs of an upgrade, as an operator starts them: each a process of its own that a test may kill. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { run } from '../process.ts';
import type { RunResult } from '../process.ts';
import { freePort } from '../../support/free-port.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', '..', 'client', 'bin', 'capstan.js');

/** Where the programs of one scenario meet, and where they write. */
export interface Stage {
  readonly address: string;
  readonly uiAddress: string;
  /** State of server and worker, and their logs. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

export async function newStage(folder: string): Promise<Stage> {
  const [port, uiPort] = [await freePort(), await freePort()];
  const address = `127.0.0.1:${port}`;
  return {
    address, uiAddress: `http://127.0.0.1:${uiPort}`, folder,
    environment: {
      CAPSTAN_TEMPORAL_ADDRESS: address, CAPSTAN_STATE_DIR: folder, CAPSTAN_TEST_PORT: String(port), CAPSTAN_TEST_UI_PORT: String(uiPort),
      NO_COLOR: '1', XDG_CONFIG_HOME: folder,
    },
  };
}

/** A program that runs until it is killed. */
export interface Program {
  readonly pid: number;
  readonly kill: (signal: NodeJS.Signals) => Promise<void>;
}

/** `capstan ARGS` in the background, with its output in `<folder>/<name>.log`. */
export function startCapstan(stage: Stage, name: string, args: readonly string[]): Program {
  const log = createWriteStream(join(stage.folder, `${name}.log`), { flags: 'a' });
  const child: ChildProcess = spawn(process.execPath, [LAUNCHER, ...args], {
    env: { ...process.env, ...stage.environment }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const exit = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    kill: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await exit;
      log.end();
    },
  };
}

/** `capstan ARGS` to its end; any exit code is returned, none is an error. */
export function capstan(stage: Stage, args: readonly string[], timeoutMs = 120_000): Promise<RunResult> {
  const all = Array.from({ length: 256 }, (_, code) => code);
  return run(process.execPath, [LAUNCHER, ...args], { env: stage.environment, accept: all, timeoutMs });
}
