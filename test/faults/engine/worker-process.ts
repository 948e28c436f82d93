import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { placesOf } from '../../../worker/places.ts';

/** What a worker of a fault run may be told. */
export interface WorkerOrder {
  readonly offMs: number;
}

export interface WorkerProcess {
  /** Resolves when it polls; rejects where it ends before that. */
  readonly ready: Promise<void>;
  kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  setClock(offMs: number): void;
  /** Ends it, whatever state it is in, and waits for that. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  readonly address: string;
  readonly taskQueue: string;
  /** For snapshots, and the worker's log. */
  readonly folder: string;
  /** File beside this one. Default `worker.ts`. */
  readonly program?: string;
}

/** Starts a worker that ends with this process. */
export function startWorker(options: WorkerOptions): WorkerProcess {
  const log = openSync(join(options.folder, `${options.taskQueue}.log`), 'a', 0o600);
  const child = fork(fileURLToPath(new URL(options.program ?? 'worker.ts', import.meta.url)), {
    stdio: ['ignore', log, log, 'ipc'], execArgv: ['--disable-warning=ExperimentalWarning'],
    env: {
      ...process.env, NODE_TEST_CONTEXT: '', CAPSTAN_TEMPORAL_ADDRESS: options.address, CAPSTAN_TASK_QUEUE: options.taskQueue,
      // A run starts hundreds of workers: what the first one has compiled, and stripped of its types, the others read.
      NODE_COMPILE_CACHE: join(placesOf(process.env).cache, 'compiled'),
      CAPSTAN_STATE_DIR: join(options.folder, 'state'), CAPSTAN_CONCURRENCY: '1000',
    },
  });
  closeSync(log);
  const ready = untilReady(child, join(options.folder, `${options.taskQueue}.log`));
  // Who kills it before it is ready does not wait for that.
  ready.catch(() => undefined);
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    ready,
    kill: (signal) => { child.kill(signal); },
    setClock: (offMs) => { tell(child, { offMs }); },
    stop: async () => {
      if (isOver()) return;
      const ended = once(child, 'exit');
      // What it does on hosts goes on without it, and nobody looks at its last words.
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function tell(child: ChildProcess, order: WorkerOrder): void {
  if (child.connected) child.send(order);
}

async function untilReady(child: ChildProcess, log: string): Promise<void> {
  const first = await Promise.race([once(child, 'message').then(() => 'ready'), once(child, 'exit').then(() => 'ended')]);
  if (first === 'ended') throw new Error(`a worker ended before it polled (${child.signalCode ?? `exit code ${String(child.exitCode)}`}); see ${log}`);
}
