import { processConfiguration } from './config.ts';
import type { Configuration } from './config.ts';
import { findOrStartDevServer, prepareServer } from './dev-server.ts';
import type { DevServer } from './dev-server.ts';
import { createLogger } from './log.ts';
import { onStopSignal } from './signals.ts';
import { startWorker } from './start-worker.ts';
import type { RunningWorker } from './start-worker.ts';

export interface DevOptions {
  /** Default 7233. */
  readonly port?: number;
  /** Default: the port and 1000, thus 8233. */
  readonly uiPort?: number;
  /** Keep the state in memory. Default false. */
  readonly ephemeral?: boolean;
  /** Run a worker as well. Default true. */
  readonly worker?: boolean;
}

const DEFAULT_PORT = 7233;
const UI_PORT_OFFSET = 1000;

/**
 * `capstan dev`: an embedded Temporal server with its Web UI, and a worker, until Ctrl-C; the worker ends first.
 * A server that answers at the port already is used and left running.
 * @throws Error with the next step where either does not start.
 */
export async function runDev(options: DevOptions = {}): Promise<void> {
  const configuration = processConfiguration();
  const asked = Promise.withResolvers<void>();
  const forget = onStopSignal(asked.resolve);
  try {
    const server = await serve(options, configuration);
    try {
      await (options.worker === false ? untilStopped(server, asked.promise) : withWorker(server, configuration, asked.promise));
    } finally {
      await server.stop();
    }
  } finally {
    forget();
  }
}

async function serve(options: DevOptions, configuration: Configuration): Promise<DevServer> {
  if (configuration.temporal.addressGiven && options.port === undefined) return configuredServer(configuration);
  const port = options.port ?? DEFAULT_PORT;
  const uiPort = options.uiPort ?? port + UI_PORT_OFFSET;
  const server = await findOrStartDevServer({
    port, uiPort, ephemeral: options.ephemeral ?? false, namespace: configuration.temporal.namespace,
    stateFolder: configuration.stateFolder, places: configuration.places, say,
  });
  say(server.ui === null ? `Temporal was running at ${server.address} already.` : `Temporal: ${server.address}   Web UI: ${server.ui}`);
  if (port !== DEFAULT_PORT) say(`Other commands find it with CAPSTAN_TEMPORAL_ADDRESS=${server.address}`);
  if (options.ephemeral === true) say('State is in memory: what runs is lost when this ends.');
  return server;
}

/** The server that CAPSTAN_TEMPORAL_ADDRESS names; nothing is started here. */
async function configuredServer(configuration: Configuration): Promise<DevServer> {
  const { temporal } = configuration;
  await prepareServer(temporal);
  say(`Temporal: ${temporal.address}, as CAPSTAN_TEMPORAL_ADDRESS says. No server was started.`);
  return { address: temporal.address, ui: null, ended: new Promise(() => {}), stop: async () => {} };
}

async function withWorker(server: DevServer, configuration: Configuration, asked: Promise<void>): Promise<void> {
  const { temporal } = configuration;
  const embedded = { ...temporal, address: server.address, apiKey: null, tls: null };
  const reached = server.address === temporal.address ? temporal : embedded;
  const given = new AbortController();
  void asked.then(() => given.abort());
  const worker = await startWorker({ ...configuration, temporal: reached }, createLogger(configuration.logLevel), given.signal);
  if (worker === null) return;
  try {
    await Promise.race([untilStopped(server, asked), worker.ended]);
  } finally {
    await end(worker);
  }
}

async function end(worker: RunningWorker): Promise<void> {
  worker.stop();
  await worker.ended;
}

async function untilStopped(server: DevServer, asked: Promise<void>): Promise<void> {
  await Promise.race([asked, server.ended.then(() => { throw new Error('The embedded Temporal server ended by itself. Next: `capstan dev` starts it again; its state was kept.'); })]);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
