import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from '../../../client/command-error.ts';
import { EXIT } from '../../../client/exit-codes.ts';
import { connect } from '../../../client/temporal/connect.ts';
import type { UpgradeClient } from '../../../client/temporal/port.ts';
import type { ClusterDescription } from '../../../simulator/description.ts';
import { startTwin } from '../../../simulator/twin.ts';
import type { Twin, TwinOptions } from '../../../simulator/twin.ts';
import type { UpgradeReport } from '../../../workflows/domain/status.ts';
import { devServer } from '../../support/temporal.ts';
import { specOfTwin } from '../../support/twin.ts';
import { until } from '../../support/until.ts';
import { isReady, watchModel } from './watcher.ts';
import type { Watched } from './watcher.ts';
import { startWorkerProcess } from './worker-process.ts';

/** What upgrading a twin asks of Temporal. */
export type Upgrader = Pick<UpgradeClient, 'inspect' | 'start' | 'ended'>;

/** A Temporal server and the real worker in a process of its own. */
export interface Engine<C extends Upgrader = Upgrader> {
  readonly client: C;
  readonly folder: string;
  close(): Promise<void>;
}

/** One of a development server, with the client that the command line uses. */
export interface DevEngine extends Engine<UpgradeClient> {
  /** Ends a workflow as a person does in the Web UI: nothing of it gets to run any more. */
  terminate(workflowId: string): Promise<void>;
}

export async function startEngine(): Promise<DevEngine> {
  const server = await devServer();
  const worker = await startWorkerProcess(server.address);
  const client = await connect({ CAPSTAN_TEMPORAL_ADDRESS: server.address });
  return {
    client, folder: worker.folder,
    terminate: async (workflowId) => { await server.client.workflow.getHandle(workflowId).terminate('a test'); },
    close: async () => {
      await client.close();
      await worker.stop();
      await server.teardown();
    },
  };
}

export interface Upgraded {
  readonly twin: Twin;
  readonly report: UpgradeReport;
  readonly watched: Watched;
}

export interface UpgradeOptions<C extends Upgrader = Upgrader> extends Omit<TwinOptions, 'folder'> {
  /** Called with the twin at rest, before it is planned. */
  readonly prepare?: (twin: Twin) => void;
  /** Called when the upgrade has begun, as a person would come who looks after it. */
  readonly attend?: (client: C, cluster: string, twin: Twin) => Promise<void>;
}

/** Starts a twin, upgrades it as `capstan start --yes` does, and shows both to `body` before the twin ends. */
export async function upgradeTwin<C extends Upgrader>(engine: Engine<C>, description: ClusterDescription, options: UpgradeOptions<C>, body: (upgraded: Upgraded) => void | Promise<void>): Promise<void> {
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
export async function endOf(client: Upgrader, cluster: string): Promise<UpgradeReport> {
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
