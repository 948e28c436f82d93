import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { connect as connectTo, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { Connection, Session } from 'ssh2';
import type { AccessSpec, SshSpec } from '../../workflows/domain/spec.ts';
import type { HostAddress } from '../../activities/hosts/port.ts';
import { pipeProcess } from '../../simulator/hosts/pipe-process.ts';
import { SYSTEMD_DOUBLES } from './systemd-doubles.ts';

/** An SSH server whose commands run in a real `sh`, with doubles of the host's own tools first on its PATH. */
export interface SshHost {
  readonly port: number;
  readonly host: HostAddress;
  /** Public host key in wire format. */
  readonly hostKey: Buffer;
  readonly knownHostsLine: string;
  /** Folder of everything that the host has; removed by `stop`. */
  readonly root: string;
  /** For `createSshHosts`. */
  readonly stateFolder: string;
  /** Users that asked to be let in, whether they were or not. */
  readonly attempts: readonly string[];
  /** Commands that ran, as the client sent them. */
  readonly commands: readonly string[];
  /** Connections open now, and the most channels that were open at once. */
  readonly load: () => { readonly connections: number; readonly maximumChannels: number };
  /** Names of the units that were started, in order. */
  readonly journal: () => Promise<readonly string[]>;
  /** Kills every process of a unit. */
  readonly killUnit: (unit: string) => Promise<void>;
  /** Breaks every connection, as a pulled cable does; what runs goes on. */
  readonly cut: () => void;
  readonly stop: () => Promise<void>;
}

export interface SshHostOptions {
  readonly name?: string;
  /** Only this user is let in; `ops` by default. */
  readonly user?: string;
  /** Shell scripts by name, in front of the default doubles and of what the machine has. */
  readonly doubles?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** The folder `root` in the host's own one stands for `/`; by default it is the machine's. */
  readonly hasRoot?: boolean;
  /** User that commands run as by the kernel's word; 0 by default. */
  readonly userId?: number;
  /** Host key in PEM; a new Ed25519 key by default. */
  readonly hostKeys?: readonly string[];
  readonly port?: number;
}

/** The private key that every such host lets in. */
export const clientPrivateKey = newPrivateKey();

export async function startSshHost(options: SshHostOptions = {}): Promise<SshHost> {
  const root = await mkdtemp(join(tmpdir(), 'capstan-host-'));
  const programs = join(root, 'bin');
  await writeDoubles(programs, { ...SYSTEMD_DOUBLES, ...options.doubles });
  const hostKeys = options.hostKeys ?? [newPrivateKey()];
  const units = join(root, 'units');
  const proc = join(root, 'proc');
  await mkdir(join(proc, 'self'), { recursive: true });
  // The commands run as whoever runs the tests.
  await writeFile(join(proc, 'self', 'status'), `Name:\tsh\nUid:\t0\t${String(options.userId ?? 0)}\t0\t0\n`);
  const env = { PATH: `${programs}:${process.env['PATH'] ?? ''}`, HOME: root, DOUBLE_UNITS: units, CAPSTAN_PROC: proc, ...(options.hasRoot === true ? { CAPSTAN_ROOT: join(root, 'root') } : {}), ...options.env };
  const attempts: string[] = [];
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const children = new Set<ChildProcess>();
  let channels = 0;
  let maximumChannels = 0;

  const server = new ssh2.Server({ hostKeys: [...hostKeys] }, (connection: Connection) => {
    connection.on('error', () => undefined);
    authenticate(connection, options.user ?? 'ops', attempts);
    connection.on('session', (accept) => {
      channels += 1;
      maximumChannels = Math.max(maximumChannels, channels);
      const session = accept();
      session.on('close', () => { channels -= 1; });
      runCommands(session, env, commands, children);
    });
    connection.on('tcpip', (accept, reject, target) => {
      const outward = connectTo(target.destPort, target.destIP);
      outward.once('error', () => { reject(); });
      outward.once('connect', () => {
        const inward = accept();
        inward.on('error', () => outward.destroy());
        inward.on('close', () => outward.destroy());
        outward.on('error', () => undefined);
        outward.on('close', () => inward.end());
        inward.pipe(outward).pipe(inward);
      });
    });
  });
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    server.injectSocket(socket);
  });
  await new Promise<void>((resolve) => { listener.listen(options.port ?? 0, '127.0.0.1', resolve); });
  const { port } = addressOf(listener.address());
  const hostKey = publicKeyOf(hostKeys[0] ?? '');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    channels = 0;
  };

  return {
    port, hostKey, root, attempts, commands, cut,
    host: { name: options.name ?? 'node-1', address: '127.0.0.1', port },
    stateFolder: join(root, 'state'),
    knownHostsLine: knownHostsLine(port, hostKey),
    load: () => ({ connections: sockets.size, maximumChannels }),
    journal: async () => (await readFile(join(units, 'journal'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    killUnit: async (unit) => { killGroup(Number(await readFile(join(units, `${unit}.service.pid`), 'utf8'))); },
    stop: async () => {
      cut();
      await new Promise((resolve) => { listener.close(resolve); });
      for (const child of children) if (child.pid !== undefined) killGroup(child.pid);
      for (const name of await readdir(units).catch(() => [])) {
        if (name.endsWith('.pid')) killGroup(Number(await readFile(join(units, name), 'utf8')));
      }
      await rm(root, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/** Writes key and known_hosts into a folder and gives the spec's way in to the hosts. */
export async function accessTo(folder: string, hosts: readonly SshHost[], ssh: Partial<SshSpec> = {}): Promise<AccessSpec> {
  await mkdir(folder, { recursive: true });
  const privateKey = join(folder, 'id_ed25519');
  const knownHosts = join(folder, 'known_hosts');
  await writeFile(privateKey, clientPrivateKey, { mode: 0o600 });
  await writeFile(knownHosts, hosts.map((each) => `${each.knownHostsLine}\n`).join(''));
  return {
    transport: 'ssh',
    kubeconfig: { env: 'KUBECONFIG_TEXT' },
    ssh: { user: 'ops', port: 22, privateKey: { file: privateKey }, knownHosts: { file: knownHosts }, bastion: null, become: 'sudo', ...ssh },
  };
}

export function knownHostsLine(port: number, key: Buffer, address = '127.0.0.1'): string {
  return `[${address}]:${String(port)} ${key.toString('latin1', 4, 4 + key.readUInt32BE(0))} ${key.toString('base64')}`;
}

/** A new key in OpenSSH's format. */
export function newPrivateKey(kind: 'ed25519' | 'ecdsa' = 'ed25519'): string {
  // One in 256 keys that ssh2 makes begins with a zero byte that it drops: such a key cannot be read again.
  for (;;) {
    const made = kind === 'ed25519' ? ssh2.utils.generateKeyPairSync('ed25519') : ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
    if (!(ssh2.utils.parseKey(made.private) instanceof Error)) return made.private;
  }
}

export function publicKeyOf(privateKey: string): Buffer {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) throw key;
  return key.getPublicSSH();
}

async function writeDoubles(folder: string, doubles: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(doubles)) {
    await writeFile(join(folder, name), text);
    await chmod(join(folder, name), 0o755);
  }
}

function authenticate(connection: Connection, user: string, attempts: string[]): void {
  const allowed = publicKeyOf(clientPrivateKey);
  connection.on('authentication', (context) => {
    attempts.push(`${context.username} ${context.method}`);
    if (context.method !== 'publickey' || context.username !== user || !context.key.data.equals(allowed)) {
      context.reject(['publickey']);
      return;
    }
    context.accept();
  });
}

function runCommands(session: Session, env: Readonly<Record<string, string>>, commands: string[], children: Set<ChildProcess>): void {
  session.on('exec', (accept, _reject, { command }) => {
    commands.push(command);
    const channel = accept();
    const child = spawn('sh', ['-c', command], { env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    children.add(child);
    child.on('exit', () => children.delete(child));
    pipeProcess(child, channel);
  });
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // Ended before.
  }
}

function addressOf(address: string | AddressInfo | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return address;
}
