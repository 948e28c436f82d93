import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { ServerChannel } from 'ssh2';
import { nodeAddress } from '../addresses.ts';
import { etcdVersionOf } from './control-plane.ts';
import { createEtcdData } from './etcd-data.ts';
import { createEtcd } from './etcd.ts';
import { diskFiles, memoryFiles } from './files.ts';
import { createHost, rebootHost } from './host.ts';
import { layOut } from './layout.ts';
import { createMachine } from './machine.ts';
import type { Machine, World } from './machine.ts';
import type { HostsOptions, RuntimeClient, ScriptWay, TwinHost, TwinHosts } from './port.ts';
import { startRecognisedRuntime } from './recognised/runtime.ts';
import type { Disturbances, Runtime } from './runtime.ts';
import { startShellRuntime } from './shell-runtime.ts';
import { knownHostsLine, newPrivateKey, publicKeyOf } from './ssh-keys.ts';
import { startSshServer } from './ssh-server.ts';
import { createProbeWatch } from './probes.ts';
import { createStepWatch } from './steps.ts';
import type { SshServer } from './ssh-server.ts';

export type { HostsOptions, TwinHost, TwinHosts } from './port.ts';

const USER = 'ops';
/** More hosts than this make too many processes for one machine. */
const MOST_SHELL_NODES = 50;
const PORT_TRIES = 20;

/**
 * Starts an SSH server for each node of the description, each on a loopback address of its own, and the state behind them.
 *
 * @throws Error where the addresses or the port cannot be had.
 */
export async function startHosts(options: HostsOptions): Promise<TwinHosts> {
  const { description, folder } = options;
  const way: ScriptWay = options.way ?? (description.nodes.length <= MOST_SHELL_NODES ? 'shell' : 'recognised');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const runtimeClient: RuntimeClient = options.runtimeClient ?? 'crictl';
  const machines = new Map<string, Machine>();
  const servers = new Map<string, SshServer>();
  const hosts = new Map<string, TwinHost>();
  const disturb: Disturbances = {
    cut: (machine) => { servers.get(machine.node.name)?.cut(); },
    reboot: (machine, downMs) => {
      const server = servers.get(machine.node.name);
      if (server !== undefined) rebootHost(machine, runtime, server, downMs);
    },
  };
  const runtime = way === 'shell' ? await startShellRuntime(folder, machines, disturb, runtimeClient === 'crictl' ? [] : ['crictl']) : startRecognisedRuntime(disturb);
  const stop = async (): Promise<void> => {
    for (const server of servers.values()) await server.stop();
    await runtime.stop();
  };
  try {
    const world = createWorld(options, runtimeClient, machines, runtime);
    const [hostKey, privateKey] = [newPrivateKey(), newPrivateKey()];
    const allowed = publicKeyOf(privateKey);
    const listen = async (port: number): Promise<void> => {
      for (const machine of machines.values()) {
        const commands: string[] = [];
        const run = (line: string, channel: ServerChannel): void => {
          commands.push(line);
          runtime.run(machine, line, channel);
        };
        const server = await startSshServer({ address: machine.address, port, hostKey, user: USER, allowed, run });
        servers.set(machine.node.name, server);
        hosts.set(machine.node.name, createHost(machine, runtime, server, commands));
      }
    };
    const port = await listenOnOnePort(options.port, machines.size, listen, servers);
    return {
      way, user: USER, port, privateKey, etcd: world.etcd, stop,
      onStep: (listener) => {
        if (way !== 'recognised') throw new Error('steps are seen only where scripts are recognised: start the hosts with `way: recognised`');
        return world.steps.subscribe(listener);
      },
      onProbe: (listener) => {
        if (way !== 'recognised') throw new Error('probes are seen only where scripts are recognised: start the hosts with `way: recognised`');
        return world.probes.subscribe(listener);
      },
      // One key for all, as hosts have that were made from one image; one line, because it is looked through for each of them.
      knownHosts: `${knownHostsLine(nodeAddress(0).replace(/\d+\.\d+$/, '*'), port, publicKeyOf(hostKey))}\n`,
      host: (name) => {
        const host = hosts.get(name);
        if (host === undefined) throw new RangeError(`the twin has no node ${name}`);
        return host;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function createWorld(options: HostsOptions, runtimeClient: RuntimeClient, machines: Map<string, Machine>, runtime: Runtime): World {
  const { description, model, clock, seed, journal } = options;
  const members = description.nodes.flatMap(({ name, role }, index) => (role === 'control-plane' ? [{ name, address: nodeAddress(index) }] : []));
  const world: World = { description, model, clock, seed, journal, machines, runtimeClient, steps: createStepWatch(), probes: createProbeWatch(), etcd: createEtcd(seed, members, etcdVersionOf(description.version)), etcdData: createEtcdData(model.store, members.length) };
  description.nodes.forEach((node, index) => {
    const root = runtime.rootOf(node.name);
    const machine = createMachine({
      world, node, index, address: nodeAddress(index), root, files: root === '' ? memoryFiles() : diskFiles(),
      programText: runtime.programText,
    });
    machines.set(node.name, machine);
    layOut(machine);
  });
  return world;
}

/** Another twin that starts at the same moment may take the port in between: then it is another one. */
async function listenOnOnePort(wanted: number | undefined, nodes: number, listen: (port: number) => Promise<void>, servers: Map<string, SshServer>): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const port = wanted ?? await freePort(nodes);
    try {
      await listen(port);
      return port;
    } catch (error) {
      for (const server of servers.values()) await server.stop();
      servers.clear();
      if (wanted !== undefined || tries === PORT_TRIES || !isTaken(error)) throw error;
    }
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

/** A port that is free on the first and the last of the addresses; between them nobody else listens. */
async function freePort(nodes: number): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES; tries += 1) {
    const port = await listenOnce(0, nodeAddress(0));
    if (port !== null && await listenOnce(port, nodeAddress(Math.max(0, nodes - 1))) !== null) return port;
  }
  throw new Error(`No port is free on ${nodeAddress(0)}: the twin's hosts need loopback addresses of Linux.`);
}

/** Null where it is taken. */
function listenOnce(port: number, address: string): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const server = createServer();
  server.once('error', () => { resolve(null); });
  server.listen(port, address, () => {
    const bound = server.address();
    server.close(() => { resolve(bound === null || typeof bound === 'string' ? null : bound.port); });
  });
  return promise;
}
