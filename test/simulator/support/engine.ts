import { mkdtemp, rm } from 'node:fs/promises';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from '../../../client/command-error.ts';
import { EXIT } from '../../../client/exit-codes.ts';
import { connect } from '../../../client/temporal/connect.ts';
import type { UpgradeClient } from '../../../client/temporal/port.ts';
import type { ClusterDescription } from '../../../simulator/description.ts';
import { untilPolling } from '../../../simulator/demo/until-polling.ts';
import { startTwin } from '../../../simulator/twin.ts';
import type { Twin, TwinOptions } from '../../../simulator/twin.ts';
import { spawnGuarded } from '../../../worker/guarded-child.ts';
import type { UpgradeReport } from '../../../workflows/domain/status.ts';
import { devServer } from '../../support/temporal.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';
import { specOfTwin } from '../../support/twin.ts';
import { until } from '../../support/until.ts';
import { isReady, watchModel } from './watcher.ts';
import type { Watched } from './watcher.ts';

/** A Temporal server, the real worker in a process of its own, and the client that the command line uses. */
export interface Engine {
  readonly client: UpgradeClient;
  readonly folder: string;
  /** Ends a workflow as a person does in the Web UI: nothing of it gets to run any more. */
  terminate(workflowId: string): Promise<void>;
  close(): Promise<void>;
}

export async function startEngine(): Promise<Engine> {
  const server = await devServer();
  const folder = await mkdtemp(join(scratchFolder(), 'capstan-twins-'));
  const output = openSync(join(folder, 'worker.log'), 'w', 0o600);
  const program = fileURLToPath(new URL('../../../simulator/demo/worker.ts', import.meta.url));
  const worker = spawnGuarded(process.execPath, ['--disable-warning=ExperimentalWarning', program], output, {
    ...process.env, NODE_TEST_CONTEXT: '', CAPSTAN_TEMPORAL_ADDRESS: server.address, CAPSTAN_STATE_DIR: join(folder, 'worker'), CAPSTAN_CONCURRENCY: '400',
  });
  closeSync(output);
  const exited = new Promise<void>((resolve) => { worker.once('exit', () => resolve()); });
  await untilPolling(server.address);
  const client = await connect({ CAPSTAN_TEMPORAL_ADDRESS: server.address });
  return {
    client, folder,
    terminate: async (workflowId) => { await server.client.workflow.getHandle(workflowId).terminate('a test'); },
    close: async () => {
      await client.close();
      worker.kill('SIGTERM');
      await exited;
      await server.teardown();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface Upgraded {
  readonly twin: Twin;
  readonly report: UpgradeReport;
  readonly watched: Watched;
}

export interface UpgradeOptions extends Omit<TwinOptions, 'folder'> {
  /** Called with the twin at rest, before it is planned. */
  readonly prepare?: (twin: Twin) => void;
  /** Called when the upgrade has begun, as a person would come who looks after it. */
  readonly attend?: (client: UpgradeClient, cluster: string, twin: Twin) => Promise<void>;
}

/** Starts a twin, upgrades it as `capstan start --yes` does, and shows both to `body` before the twin ends. */
export async function upgradeTwin(engine: Engine, description: ClusterDescription, options: UpgradeOptions, body: (upgraded: Upgraded) => void | Promise<void>): Promise<void> {
  const twin = await startTwin(description, { ...options, folder: join(engine.folder, description.name) });
  try {
    await until(`all pods of ${description.name} are Ready`, () => isSettled(twin));
    options.prepare?.(twin);
    const watched = watchModel(twin.model);
    const spec = await specOfTwin(twin);
    const { plan } = await engine.client.inspect({ spec, what: 'plan' });
    if (plan === null) throw new Error(`no plan of ${description.name}`);
    const other = await engine.client.start({ spec, plan, by: 'test@twin' });
    if (other !== null) throw new Error(`an upgrade of ${description.name} runs already`);
    await options.attend?.(engine.client, description.name, twin);
    const report = await endOf(engine.client, description.name);
    await body({ twin, report, watched });
    watched.stop();
  } finally {
    await twin.stop();
  }
}

/** A machine that is busy with ten upgrades may leave its server without time for a while. */
export async function endOf(client: UpgradeClient, cluster: string): Promise<UpgradeReport> {
  for (;;) {
    try {
      const report = await client.ended(cluster, new AbortController().signal);
      if (report !== null) return report;
    } catch (error) {
      if (!(error instanceof CommandError) || error.exitCode !== EXIT.unreachable) throw error;
    }
    await delay(1_000);
  }
}

function isSettled({ model }: Twin): boolean {
  const pods = model.store.list('pods');
  return pods.length > 0 && pods.every((pod) => isReady(pod)) && model.store.list('nodes').every(isReady);
}
