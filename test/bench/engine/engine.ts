import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect as connectClient } from '../../../client/temporal/connect.ts';
import type { UpgradeClient } from '../../../client/temporal/port.ts';
import { findOrStartDevServer } from '../../../worker/dev-server.ts';
import { workflowBundlePath } from '../../../worker/bundle.ts';
import { placesOf } from '../../../worker/places.ts';
import { imageEnvironment } from './image-environment.ts';
import { descendants } from './memory.ts';
import type { ActivityCounts, Order } from './worker-messages.ts';
import { freePort } from '../../support/free-port.ts';

/** A Temporal server in memory and the worker that is measured, each a process of its own. */
export interface Engine {
  readonly address: string;
  readonly taskQueue: string;
  /** The workflow code that runs, whatever happens to its sources meanwhile. */
  readonly bundlePath: string;
  readonly client: UpgradeClient;
  readonly workerPid: number;
  readonly serverPids: () => readonly number[];
  /** Forgets what was counted. */
  readonly reset: () => void;
  readonly count: () => Promise<ActivityCounts>;
  readonly stop: () => Promise<void>;
}

const TASK_QUEUE = 'bench';

export interface EngineOptions {
  readonly say: (line: string) => void;
  /** Mean seconds of a node whose steps take the times that its cluster's name says (`timed-clusters.ts`); 0 takes none. Default 0. */
  readonly nodeSeconds?: number;
  /** Activities at once. Default: the worker's own. */
  readonly concurrency?: number;
}

export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { say } = options;
  const stateFolder = await mkdtemp(join(tmpdir(), 'capstan-bench-'));
  const server = await findOrStartDevServer({
    port: await freePort(), uiPort: await freePort(), ephemeral: true, namespace: 'default', stateFolder, places: placesOf(process.env), say,
  });
  const environment = { ...process.env, CAPSTAN_TEMPORAL_ADDRESS: server.address, CAPSTAN_TASK_QUEUE: TASK_QUEUE };
  try {
    const bundlePath = await workflowBundlePath(placesOf(process.env).cache);
    const child = await startWorkerProcess([server.address, TASK_QUEUE, bundlePath, String(options.nodeSeconds ?? 0)], options.concurrency);
    const client = await connectClient(environment);
    return {
      address: server.address, taskQueue: TASK_QUEUE, bundlePath, client,
      workerPid: child.pid ?? 0,
      serverPids: () => descendants(process.pid, 'temporal'),
      reset: () => { order(child, 'reset'); },
      count: () => countsOf(child),
      stop: async () => {
        await client.close();
        await stopWorkerProcess(child);
        await server.stop();
        await rm(stateFolder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await server.stop();
    await rm(stateFolder, { recursive: true, force: true });
    throw error;
  }
}

async function startWorkerProcess(args: readonly string[], concurrency: number | undefined): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('worker-process.ts', import.meta.url)), args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: ['--disable-warning=ExperimentalWarning', ...profileArguments()],
    env: { ...process.env, ...await imageEnvironment(), ...(concurrency === undefined ? {} : { CAPSTAN_CONCURRENCY: String(concurrency) }) },
  });
  const started = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => null)]);
  if (started === null) throw new Error(`the worker to measure ended at its start with exit code ${String(child.exitCode)}; its words are above`);
  return child;
}

/** With `CAPSTAN_BENCH_PROFILE=DIR` the worker writes CPU profiles there, one for each of its threads. */
function profileArguments(): string[] {
  const folder = process.env['CAPSTAN_BENCH_PROFILE'];
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}

async function stopWorkerProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  order(child, 'stop');
  await ended;
}

function order(child: ChildProcess, what: Order): void {
  child.send(what);
}

async function countsOf(child: ChildProcess): Promise<ActivityCounts> {
  const answer = new Promise<ActivityCounts>((resolve) => { child.once('message', (counts: ActivityCounts) => resolve(counts)); });
  order(child, 'count');
  return answer;
}
