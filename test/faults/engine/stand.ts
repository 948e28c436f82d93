import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from '../../../client/command-error.ts';
import { EXIT } from '../../../client/exit-codes.ts';
import { connect } from '../../../client/temporal/connect.ts';
import type { UpgradeClient } from '../../../client/temporal/port.ts';
import { untilPolling } from '../../../simulator/demo/until-polling.ts';
import { findOrStartDevServer } from '../../../worker/dev-server.ts';
import type { DevServer } from '../../../worker/dev-server.ts';
import { placesOf } from '../../../worker/places.ts';
import { freePort } from '../../support/free-port.ts';
import type { EngineControls } from '../place/scene.ts';
import { useTemporalControl } from './temporal-controls.ts';
import { startWorker } from './worker-process.ts';
import type { WorkerProcess } from './worker-process.ts';

/** An engine on which seeds run: a server, a task queue and who works on it. */
export interface Stand {
  readonly client: UpgradeClient;
  readonly controls: EngineControls;
  /** Brings it back to one sound worker with the right time, for the next seed. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export interface Server {
  readonly address: string;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The next worker starts within this, as one does that a supervisor looks after. */
const RESTART_MS = 500;
/** Each waits for five seconds. */
const MOST_TRIES = 20;
const PORT_TRIES = 5;

/** A Temporal server on a port of its own. One that is to be restarted keeps its state in a file. */
export async function startServer(folder: string, keepsState: boolean): Promise<Server> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // The server takes its environment from us. With its default the garbage collector takes a quarter of its time.
  process.env['GOGC'] ??= '400';
  for (let tries = 1; ; tries += 1) {
    const [port, uiPort] = [await freePort(), await freePort()];
    const start = (): Promise<DevServer> => findOrStartDevServer({ port, uiPort, ephemeral: !keepsState, namespace: 'default', stateFolder: folder, dynamicConfig: ['frontend.WorkflowPauseEnabled=true'], places: placesOf(process.env), say: () => undefined });
    try {
      return restartable(await start(), start);
    } catch (error) {
      // Another program may have taken the port in between, and it may even be a server of gRPC that answers.
      if (tries === PORT_TRIES) throw error;
    }
  }
}

function restartable(first: DevServer, start: () => Promise<DevServer>): Server {
  let server = first;
  return {
    address: server.address,
    restart: async () => {
      await server.stop();
      server = await start();
    },
    stop: () => server.stop(),
  };
}

/** A worker on a queue of the server. Only where it is a stand's own may it be killed. */
export async function openStand(server: Server, taskQueue: string, folder: string): Promise<Stand> {
  const start = (): WorkerProcess => startWorker({ address: server.address, taskQueue, folder });
  const workers = new Set<WorkerProcess>();
  /** Starts and restarts under way; one that failed fails the seed, in `settle`. */
  const pending = new Set<Promise<void>>();
  const failures: Error[] = [];
  let current = start();
  workers.add(current);
  await current.ready;
  await untilPolling(server.address, taskQueue);
  const client = await connected({ CAPSTAN_TEMPORAL_ADDRESS: server.address, CAPSTAN_TASK_QUEUE: taskQueue });

  function replace(): void {
    current = start();
    workers.add(current);
  }
  function later(work: Promise<void>): void {
    const noted = work.catch((error: unknown) => { failures.push(error instanceof Error ? error : new Error(String(error))); }).finally(() => pending.delete(noted));
    pending.add(noted);
  }

  const controls: EngineControls = {
    killWorker: (onStart) => {
      const killed = current;
      killed.kill('SIGKILL');
      workers.delete(killed);
      later(delay(RESTART_MS).then(() => {
        replace();
        onStart();
      }));
    },
    freezeWorker: (ms) => {
      const frozen = current;
      frozen.kill('SIGSTOP');
      replace();
      later(delay(ms).then(() => { frozen.kill('SIGCONT'); }));
    },
    jumpClock: (ms) => { current.setClock(ms); },
    restartServer: () => { later(server.restart()); },
    control: (control, workflowIds) => { later(useTemporalControl(server.address, control, workflowIds)); },
  };
  return {
    client, controls,
    settle: async () => {
      await Promise.all(pending);
      const [failure] = failures.splice(0);
      if (failure !== undefined) throw failure;
      const others = [...workers].filter((worker) => worker !== current);
      for (const worker of others) workers.delete(worker);
      await Promise.all(others.map((worker) => worker.stop()));
      current.setClock(0);
      await current.ready;
    },
    close: async () => {
      await Promise.all(pending);
      await client.close();
      await Promise.all([...workers].map((worker) => worker.stop()));
    },
  };
}

/** A person would try again as well: with dozens of twins at work the server may need longer for its answer than a command waits. */
async function connected(environment: Readonly<Record<string, string>>): Promise<UpgradeClient> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await connect(environment);
    } catch (error) {
      if (tries === MOST_TRIES || !(error instanceof CommandError) || error.exitCode !== EXIT.unreachable) throw error;
      await delay(RESTART_MS);
    }
  }
}

/** Folder of a stand. */
export async function standFolder(root: string, name: string): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}
