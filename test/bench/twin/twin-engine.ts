import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '../../../client/temporal/connect.ts';
import type { UpgradeClient } from '../../../client/temporal/port.ts';
import type { ClusterDescription } from '../../../simulator/description.ts';
import { untilPolling } from '../../../simulator/demo/until-polling.ts';
import { startTwin } from '../../../simulator/twin.ts';
import type { Twin, TwinOptions } from '../../../simulator/twin.ts';
import { specOfTwin } from '../../support/twin.ts';
import { findOrStartDevServer } from '../../../worker/dev-server.ts';
import { placesOf } from '../../../worker/places.ts';
import type { UpgradeReport } from '../../../workflows/domain/status.ts';
import type { UpgradeSpec } from '../../../workflows/domain/spec.ts';
import { freePort } from '../../support/free-port.ts';
import { untilDone } from '../engine/until-done.ts';

/** A Temporal server, the real worker in a process of its own, and the client of the command line. */
export interface TwinEngine {
  readonly client: UpgradeClient;
  /** For twins. */
  readonly folder: string;
  /** Files, sockets and pipes that the worker has open now. */
  readonly openFiles: () => number;
  readonly stop: () => Promise<void>;
}

/** @param program The worker's, `real-worker.ts` or another one beside it. */
export async function startTwinEngine(say: (line: string) => void, program: 'real-worker.ts' | 'unstaged-worker.ts' = 'real-worker.ts'): Promise<TwinEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'capstan-bench-twin-'));
  const server = await findOrStartDevServer({
    port: await freePort(), uiPort: await freePort(), ephemeral: true, namespace: 'default', stateFolder: folder, places: placesOf(process.env), say,
  });
  const worker = fork(fileURLToPath(new URL(program, import.meta.url)), {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: ['--disable-warning=ExperimentalWarning'],
    env: { ...process.env, CAPSTAN_TEMPORAL_ADDRESS: server.address, CAPSTAN_STATE_DIR: join(folder, 'worker') },
  });
  const stop = async (): Promise<void> => {
    if (worker.exitCode === null && worker.signalCode === null) {
      const ended = once(worker, 'exit');
      worker.kill('SIGTERM');
      await ended;
    }
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilPolling(server.address);
    const client = await connect({ CAPSTAN_TEMPORAL_ADDRESS: server.address });
    return {
      client, folder,
      openFiles: () => readdirSync(`/proc/${worker.pid ?? 0}/fd`).length,
      stop: async () => {
        await client.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

export interface TwinUpgrade {
  readonly twin: Twin;
  readonly report: UpgradeReport;
}

export interface TwinRun {
  readonly description: ClusterDescription;
  readonly options: Omit<TwinOptions, 'folder'>;
  /** What is changed of the spec that the twin writes. */
  readonly spec?: (spec: UpgradeSpec) => UpgradeSpec;
  /** Called when the twin is up, before the engine has seen it. */
  readonly onReady?: (twin: Twin) => void;
  /** Called when the upgrade has begun. */
  readonly onStarted?: (twin: Twin) => void;
}

/** Starts a twin, upgrades it as `capstan start --yes` does, and shows both to `body` before the twin ends. */
export async function upgradeTwin<T>(engine: TwinEngine, run: TwinRun, body: (upgraded: TwinUpgrade) => T | Promise<T>): Promise<T> {
  const { description, options } = run;
  const twin = await startTwin(description, { ...options, folder: join(engine.folder, description.name) });
  try {
    run.onReady?.(twin);
    const own = await specOfTwin(twin);
    const spec = run.spec?.(own) ?? own;
    const { plan, findings } = await engine.client.inspect({ spec, what: 'plan' });
    if (plan === null) throw new Error(`the twin cannot be planned: ${findings.map(({ message }) => message).join('; ')}`);
    await engine.client.start({ spec, plan, by: 'bench@here' });
    run.onStarted?.(twin);
    return await body({ twin, report: await untilDone(engine.client, spec.name) });
  } finally {
    await twin.stop();
  }
}
