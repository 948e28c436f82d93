import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { nodeAddress } from './addresses.ts';
import { serveFromHosts } from './api-servers.ts';
import { createClusterModel } from './api/cluster-model.ts';
import { serveApi } from './api/serve.ts';
import type { ServedApi } from './api/serve.ts';
import { createScaledClock } from './clock.ts';
import type { ScaledClock } from './clock.ts';
import type { ClusterDescription } from './description.ts';
import { placeFaults } from './faults.ts';
import type { PlacedFault } from './faults.ts';
import { startHosts } from './hosts/start-hosts.ts';
import type { TwinHosts } from './hosts/start-hosts.ts';
import { createJournal } from './journal.ts';
import type { Journal } from './journal.ts';
import { requireMemory } from './memory.ts';
import type { ClusterModel } from './model.ts';
import { applyFaults } from './run-faults.ts';

export interface TwinOptions {
  readonly seed: number;
  /** How much faster than the clock on the wall its time runs: 60 makes a minute a second. */
  readonly speed: number;
  /** A folder of its own, made here and removed by `stop`. */
  readonly folder: string;
  /** Of the pool `default`, a count or a percentage. Default 10%. */
  readonly maxUnavailable?: number | string;
  /** How long a drain may take, such as `30s` of this machine's time. Default: the spec's. */
  readonly drainTimeout?: string;
  /** How scripts run on its hosts. Default: in a real shell up to 50 nodes, recognised by their hash above. */
  readonly way?: TwinHosts['way'];
}

/** Files with which a worker gets in, as with any cluster. */
export interface TwinFiles {
  readonly spec: string;
  readonly kubeconfig: string;
  readonly privateKey: string;
  readonly knownHosts: string;
}

/** A cluster that runs in this process: real HTTP for its API, real SSH for its hosts. */
export interface Twin {
  readonly description: ClusterDescription;
  readonly model: ClusterModel;
  readonly api: ServedApi;
  readonly hosts: TwinHosts;
  readonly journal: Journal;
  readonly clock: ScaledClock;
  /** Nodes whose kubelets never report Ready while they are in it. */
  readonly unready: Set<string>;
  readonly faults: readonly PlacedFault[];
  readonly files: TwinFiles;
  /** Ends all that it started, and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Starts a twin of a cluster, which the real worker can upgrade.
 * @throws Error where there is no such fault, or no memory for so many nodes.
 */
export async function startTwin(description: ClusterDescription, options: TwinOptions): Promise<Twin> {
  const { seed, folder } = options;
  requireMemory(description);
  const faults = placeFaults(description.faults, description.nodes, seed);
  const clock = createScaledClock(options.speed);
  const journal = createJournal();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const closers: (() => Promise<void> | void)[] = [() => rm(folder, { recursive: true, force: true }), () => clock.stop()];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const unready = new Set<string>();
    const model = createClusterModel({
      description, clock, seed, journal, addressOf: (_, place) => nodeAddress(place), hooks: { mayBecomeReady: (node) => !unready.has(node) },
    });
    closers.push(() => model.stop());
    const api = await serveApi(model);
    closers.push(() => api.stop());
    const hosts = await startHosts({ description, model, clock, seed, journal, folder: join(folder, 'hosts'), ...(options.way === undefined ? {} : { way: options.way }) });
    closers.push(() => hosts.stop());
    const controlPlanes = description.nodes.flatMap(({ name, role }) => (role === 'control-plane' ? [name] : []));
    closers.push(serveFromHosts({ api, hosts, controlPlanes, journal }));
    closers.push(applyFaults(faults, { model, api, hosts, clock, seed, unready }));
    const files = await writeFiles(description, options, api, hosts);
    return { description, model, api, hosts, journal, clock, unready, faults, files, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function writeFiles(description: ClusterDescription, options: TwinOptions, api: ServedApi, hosts: TwinHosts): Promise<TwinFiles> {
  const files: TwinFiles = {
    spec: join(options.folder, 'cluster.yaml'), kubeconfig: join(options.folder, 'kubeconfig'),
    privateKey: join(options.folder, 'id_ed25519'), knownHosts: join(options.folder, 'known_hosts'),
  };
  await Promise.all([
    write(files.spec, specText(description, options, files, hosts)),
    write(files.kubeconfig, api.kubeconfig),
    write(files.privateKey, hosts.privateKey),
    write(files.knownHosts, hosts.knownHosts),
  ]);
  return files;
}

function specText({ name, target }: ClusterDescription, options: TwinOptions, files: TwinFiles, hosts: TwinHosts): string {
  return stringify({
    apiVersion: 'capstan.dev/v1', kind: 'ClusterUpgrade', metadata: { name },
    spec: {
      target: { version: target },
      access: {
        kubeconfig: { file: files.kubeconfig },
        ssh: { user: hosts.user, port: hosts.port, privateKey: { file: files.privateKey }, knownHosts: { file: files.knownHosts }, become: 'sudo' },
      },
      pools: [{ name: 'default', maxUnavailable: options.maxUnavailable ?? '10%', ...(options.drainTimeout === undefined ? {} : { drain: { timeout: options.drainTimeout } }) }],
    },
  });
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
}
