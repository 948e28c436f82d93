import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOrStartDevServer } from '../../worker/dev-server.ts';
import type { DevServer } from '../../worker/dev-server.ts';
import { spawnGuarded } from '../../worker/guarded-child.ts';
import { placesOf } from '../../worker/places.ts';
import { onStopSignal } from '../../worker/signals.ts';
import { parseFault, placeFaults, UnknownFault } from '../faults.ts';
import { generateCluster } from '../generate.ts';
import { requireMemory } from '../memory.ts';
import { startTwin } from '../twin.ts';
import { freeServerPort, isFree, UI_PORT_OFFSET } from './free-port.ts';
import { untilPolling } from './until-polling.ts';

export interface DemoOptions {
  /** Worker nodes, besides three of the control plane. */
  readonly workers: number;
  readonly seed: number;
  /** As `--fault` takes them: NAME or NAME@NODE. */
  readonly faults: readonly string[];
  /** Port of Temporal; its Web UI is 1000 above. Null takes a free one. */
  readonly port: number | null;
  readonly say: (line: string) => void;
}

/** A cluster to upgrade, and all that is needed to do it, on this machine. */
export interface Demo {
  readonly cluster: string;
  /** The spec of its upgrade. */
  readonly specFile: string;
  readonly kubeconfigFile: string;
  /** Variables with which every command finds this demo. */
  readonly environment: Readonly<Record<string, string>>;
  readonly ui: string;
  /** A worker that a person may try to skip. */
  readonly lastWorker: string;
  /** Where everything is kept while the demo is up. */
  readonly folder: string;
  /** Rejects where server or worker ended by themselves; never resolves. */
  readonly broken: Promise<never>;
  /** Leaves everything as it is until Ctrl-C, which until then ends the whole program with exit code 130. */
  untilInterrupted(): Promise<void>;
  /** Ends everything, and removes what was written. */
  stop(): Promise<void>;
}

/** True where the person asked for what there is not. */
export function isUsageError(error: unknown): boolean {
  return error instanceof UnknownFault;
}

const CLUSTER = 'demo';
/** Minutes of the hosts become seconds of the person who looks on; see the arithmetic in docs/simulator.md. */
const SPEED = 12;
/** A drain that no budget lets go on is to hold its node while somebody still looks. */
const DRAIN_TIMEOUT = '45s';

/**
 * `capstan demo`: an embedded Temporal with its Web UI, a twin, and the worker in a process of its own. Nothing of a real cluster is touched.
 * @throws Error with what is allowed or what to do next.
 */
export async function openDemo(options: DemoOptions): Promise<Demo> {
  const faults = options.faults.map(parseFault);
  const description = generateCluster({ name: CLUSTER, seed: options.seed, workers: options.workers, faults });
  // What is wrong with the question is said before anything is started.
  placeFaults(faults, description.nodes, options.seed);
  requireMemory(description);
  const folder = await mkdtemp(join(tmpdir(), 'capstan-demo-'));
  const closers: (() => Promise<void> | void)[] = [() => rm(folder, { recursive: true, force: true })];
  let stopping = false;
  const stop = async (): Promise<void> => {
    stopping = true;
    // Last opened, first closed: the worker goes before what it works on.
    for (const close of closers.splice(0).toReversed()) await close();
  };
  let interrupt = (): void => {
    options.say('\nEnding the demo …');
    void stop().finally(() => process.exit(130));
  };
  closers.push(onStopSignal(() => interrupt()));
  try {
    const server = await openServer(folder, options);
    closers.push(() => server.stop());
    const twin = await startTwin(description, { seed: options.seed, speed: SPEED, folder: join(folder, 'twin'), maxUnavailable: '25%', drainTimeout: DRAIN_TIMEOUT });
    closers.push(() => twin.stop());
    const environment = { CAPSTAN_TEMPORAL_ADDRESS: server.address, CAPSTAN_TEMPORAL_UI: server.ui ?? '' };
    const worker = openWorker(folder, environment);
    closers.push(worker.stop);
    await Promise.race([untilPolling(server.address), worker.broken]);
    return {
      cluster: CLUSTER, environment, folder, stop,
      specFile: twin.files.spec, kubeconfigFile: twin.files.kubeconfig,
      ui: server.ui ?? '', lastWorker: description.nodes.at(-1)?.name ?? '',
      broken: Promise.race([worker.broken, serverBroken(server, () => stopping)]),
      untilInterrupted: () => new Promise((resolve) => { interrupt = resolve; }),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openServer(folder: string, { port, say }: DemoOptions): Promise<DevServer> {
  if (port !== null && !(await isFree(port) && await isFree(port + UI_PORT_OFFSET))) {
    throw new Error(`Port ${port}, or ${port + UI_PORT_OFFSET} for the Web UI, is taken. Next: leave --port out, and a free one is found.`);
  }
  const chosen = port ?? await freeServerPort();
  return findOrStartDevServer({
    port: chosen, uiPort: chosen + UI_PORT_OFFSET, ephemeral: true, namespace: 'default',
    stateFolder: join(folder, 'temporal'), places: placesOf(process.env), say,
  });
}

interface DemoWorker {
  readonly broken: Promise<never>;
  readonly stop: () => Promise<void>;
}

function openWorker(folder: string, environment: Readonly<Record<string, string>>): DemoWorker {
  const log = join(folder, 'worker.log');
  const output = openSync(log, 'w', 0o600);
  const program = fileURLToPath(new URL(`worker${extname(import.meta.url)}`, import.meta.url));
  const child = spawnGuarded(process.execPath, ['--disable-warning=ExperimentalWarning', program], output, {
    ...withoutOwn(process.env), ...environment, CAPSTAN_STATE_DIR: join(folder, 'worker'),
  });
  closeSync(output);
  const ended = once(child, 'exit');
  let stopping = false;
  const broken = ended.then(async (): Promise<never> => {
    if (stopping) return new Promise<never>(() => {});
    const lines = (await readFile(log, 'utf8')).trim().split('\n').slice(-3).join('\n  ');
    throw new Error(`The worker of the demo ended by itself:\n  ${lines}`);
  });
  broken.catch(() => undefined);
  return {
    broken,
    stop: async () => {
      stopping = true;
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await ended;
      }
    },
  };
}

/** Nothing that is meant for another server or another worker. */
function withoutOwn(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('CAPSTAN_')));
}

function serverBroken(server: DevServer, isStopping: () => boolean): Promise<never> {
  const broken = server.ended.then((): Promise<never> => {
    if (isStopping()) return new Promise<never>(() => {});
    throw new Error('The Temporal server of the demo ended by itself.');
  });
  broken.catch(() => undefined);
  return broken;
}
