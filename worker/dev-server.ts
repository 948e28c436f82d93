import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { tlsOptions } from './config.ts';
import type { TemporalAccess } from './config.ts';
import { spawnGuarded } from './guarded-child.ts';
import { ensureSearchAttributes, searchAttributeFlags } from './search-attributes.ts';
import { isEnding, livingServer, markOf, writeMark } from './server-mark.ts';
import { someoneListens } from './someone-listens.ts';
import type { Places } from './temporal/find-program.ts';
import { temporalProgram } from './temporal/programs.ts';

export interface DevServerOptions {
  readonly port: number;
  readonly uiPort: number;
  /** Keeps its state in memory: upgrades do not outlive it. */
  readonly ephemeral: boolean;
  readonly namespace: string;
  readonly stateFolder: string;
  readonly places: Places;
  /** Settings of the server beside ours, `KEY=VALUE`. Default: none. */
  readonly dynamicConfig?: readonly string[];
  /** For people, one line at a time. */
  readonly say: (line: string) => void;
}

export interface DevServer {
  readonly address: string;
  /** Null where the server was running before us: then we know no address of its Web UI. */
  readonly ui: string | null;
  /** Resolves when a server that we started has ended; never where it was running before. */
  readonly ended: Promise<void>;
  /** Ends it where we started it. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const FOUND_TIMEOUT_MS = 1_000;
const ANSWER_TIMEOUT_MS = 10_000;
const ASK_MS = 50;

/**
 * The Temporal server at the port: the one that answers there, or one started now, with our search attributes usable.
 * The state file is `temporal.db` in the state folder, `temporal-PORT.db` for any other port than 7233.
 * @throws Error with the server's last lines where it does not come up.
 */
export async function findOrStartDevServer(options: DevServerOptions): Promise<DevServer> {
  const address = `127.0.0.1:${options.port}`;
  await untilFormerEnded(options);
  const running = await tryConnect(address, FOUND_TIMEOUT_MS);
  if (running !== null) {
    await prepare(running, options.namespace);
    return { address, ui: null, ended: new Promise(() => {}), stop: async () => {} };
  }
  return startDevServer(address, options);
}

/** A server of ours at the port that nobody keeps up: it still answers for a moment, and then takes what was begun on it along. */
async function untilFormerEnded(options: DevServerOptions): Promise<void> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  let isSaid = false;
  for (;;) {
    const former = await livingServer(stateFile(options, 'pid'));
    if (former === null || !isEnding(former)) return;
    if (!isSaid) options.say('The Temporal server that ran here before is still ending: waiting for it.');
    isSaid = true;
    if (performance.now() > deadlineMs) {
      throw new Error(`The Temporal server that ran here before (process ${former.server.pid}) has not ended within ${START_TIMEOUT_MS / 1000} s.\nNext: look at the process and at ${stateFile(options, 'log')}; end it, then start again.`);
    }
    await delay(ASK_MS);
  }
}

function stateFile({ stateFolder, port }: DevServerOptions, ending: string): string {
  return join(stateFolder, `temporal${port === 7233 ? '' : `-${port}`}.${ending}`);
}

/** What the server before this one has said may tell why it ended. */
function keepFormerLog(options: DevServerOptions): void {
  const log = stateFile(options, 'log');
  if (existsSync(log)) renameSync(log, stateFile(options, 'former.log'));
}

async function startDevServer(address: string, options: DevServerOptions): Promise<DevServer> {
  const program = await temporalProgram(options.places, options.say);
  mkdirSync(options.stateFolder, { recursive: true, mode: 0o700 });
  const log = stateFile(options, 'log');
  keepFormerLog(options);
  const output = openSync(log, 'w', 0o600);
  const child = spawnGuarded(program, [
    'server', 'start-dev', '--ip', '127.0.0.1', '--port', String(options.port), '--ui-port', String(options.uiPort),
    '--namespace', options.namespace, '--log-level', 'warn', '--ui-disable-news-fetch', ...searchAttributeFlags(),
    ...(options.dynamicConfig ?? []).flatMap((setting) => ['--dynamic-config-value', setting]),
    ...(options.ephemeral ? [] : ['--db-filename', stateFile(options, 'db')]),
  ], output);
  closeSync(output);
  const ended = once(child, 'exit').then(() => {});
  const mark = { server: markOf(child.pid), owner: markOf(process.pid) };
  const end = async (): Promise<void> => {
    await writeMark(stateFile(options, 'pid'), { ...mark, owner: null });
    await stop(child);
  };
  try {
    await writeMark(stateFile(options, 'pid'), mark);
    await prepare(await untilItAnswers(address, child, log), options.namespace);
  } catch (error) {
    await end();
    throw error;
  }
  return { address, ui: `http://127.0.0.1:${options.uiPort}`, ended, stop: end };
}

/** Makes our search attributes usable on the server of the configuration. */
export async function prepareServer(temporal: TemporalAccess): Promise<void> {
  const tls = temporal.tls === null ? false : await tlsOptions(temporal.tls);
  let connection: Connection;
  try {
    connection = await Connection.connect({ address: temporal.address, tls, connectTimeout: 5_000, ...(temporal.apiKey === null ? {} : { apiKey: temporal.apiKey }) });
  } catch (error) {
    throw new Error(`No Temporal server answers at ${temporal.address} (${error instanceof Error ? error.message : String(error)}).\nNext: unset CAPSTAN_TEMPORAL_ADDRESS to start an embedded one, or correct it.`);
  }
  await prepare(connection, temporal.namespace);
}

async function prepare(connection: Connection, namespace: string): Promise<void> {
  try {
    await ensureSearchAttributes(connection, namespace);
  } finally {
    await connection.close();
  }
}

async function untilItAnswers(address: string, child: ChildProcess, log: string): Promise<Connection> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    // Somebody listens by then: on a busy machine the first answer takes longer than half a second.
    const connection = await tryConnect(address, ANSWER_TIMEOUT_MS);
    if (connection !== null) return connection;
    if (child.exitCode !== null || performance.now() > deadlineMs) {
      const lines = (await readFile(log, 'utf8')).trim().split('\n').slice(-3).join('\n  ');
      throw new Error(`The embedded Temporal server did not come up at ${address}:\n  ${lines}\nNext: see ${log}; where a port is taken, give others with --port and --ui-port.`);
    }
    await delay(ASK_MS);
  }
}

async function tryConnect(address: string, timeoutMs: number): Promise<Connection | null> {
  // The client waits out its timeout where nobody listens.
  if (!await someoneListens(address)) return null;
  try {
    return await Connection.connect({ address, connectTimeout: timeoutMs });
  } catch {
    return null;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
