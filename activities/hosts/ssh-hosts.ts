import { createHash } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';
import type { Client } from 'ssh2';
import type { AccessSpec } from '../../workflows/domain/spec.ts';
import { downloadFile, uploadFile } from './copy-file.ts';
import type { Credentials } from './connect.ts';
import { createConnectionPool } from './connection-pool.ts';
import type { ConnectionPool, Route } from './connection-pool.ts';
import { claimStep, readStepOutput } from './durable/ask-step.ts';
import { runStep } from './durable/run-step.ts';
import { STATE_FOLDER } from './durable/step-folder.ts';
import { labelOf } from './host-failures.ts';
import { createOpenCredentials } from './open-credentials.ts';
import type { HostAddress, Hosts, HostScript, OpenHosts, ProbeResult, RunOptions } from './port.ts';
import { runAsRoot } from './run-as-root.ts';
import type { RootAccess } from './run-as-root.ts';

export interface SshHostsOptions {
  /** Folder on the hosts for what ran there; `/var/lib/capstan` by default. */
  readonly stateFolder?: string;
  /** Milliseconds after which an unused connection is closed; a minute by default. */
  readonly idleMs?: number;
  /** Commands at the same time on one connection; 4 by default. */
  readonly channels?: number;
}

/** Hosts over SSH: one pool of connections for the whole worker. */
export interface SshHosts {
  readonly openHosts: OpenHosts;
  /** Ends every connection. What runs on the hosts goes on. */
  close(): void;
}

const PROBE_TIMEOUT_MS = 60_000;
const PROBE_BYTES = 256 * 1024;

export function createSshHosts(options: SshHostsOptions = {}): SshHosts {
  const pool = createConnectionPool({ idleMs: options.idleMs ?? 60_000, channels: options.channels ?? 4 });
  const openCredentials = createOpenCredentials();
  const stateFolder = options.stateFolder ?? STATE_FOLDER;
  return {
    openHosts: async (access) => {
      const credentials = await openCredentials(access.ssh);
      return hostsOver(pool, access, credentials, stateFolder);
    },
    close: pool.close,
  };
}

function hostsOver(pool: ConnectionPool, access: AccessSpec, credentials: Credentials, stateFolder: string): Hosts {
  const { user, become, bastion } = access.ssh;
  // By content: a key or known_hosts that changed on disk must not meet connections of the former one.
  const key = createHash('sha256').update(JSON.stringify([access.ssh, credentials.privateKey, credentials.knownHosts])).digest('hex');

  async function using<T>(host: HostAddress, signal: AbortSignal | undefined, use: (client: Client, access: RootAccess) => Promise<T>): Promise<T> {
    const route: Route = { key, host, user, credentials, bastion };
    const { client, release } = await pool.connection(route).acquire(signal);
    try {
      return await use(client, { label: labelOf(host), user, become, machine: host.machine === undefined ? null : { node: host.name, ...host.machine } });
    } finally {
      release();
    }
  }

  return {
    probe: (host, script, args, run) => using(host, run?.signal, (client, root) => probe(client, root, script, args, run)),
    runStep: (host, step, run) => using(host, run?.signal, (client, root) => runStep(client, root, stateFolder, step, run)),
    claimStep: (host, step) => using(host, undefined, (client, root) => claimStep(client, root, stateFolder, step)),
    readOutput: (host, step) => using(host, undefined, (client, root) => readStepOutput(client, root, stateFolder, step)),
    download: (host, remotePath, localPath, run) => using(host, run?.signal, (client, root) => downloadFile(client, root, remotePath, localPath, run)),
    upload: (host, remotePath, content) => using(host, undefined, (client, root) => uploadFile(client, root, remotePath, content)),
  };
}

async function probe(client: Client, access: RootAccess, script: HostScript, args: readonly string[], run: (RunOptions & { readonly timeoutMs?: number }) | undefined): Promise<ProbeResult> {
  const kept: Buffer[] = [];
  let size = 0;
  const decoder = new StringDecoder('utf8');
  const { exitCode, stderr } = await runAsRoot(client, access, {
    title: ['capstan', 'probe', script.name],
    text: script.text,
    args,
    onOutput: (chunk) => {
      if (size < PROBE_BYTES) kept.push(chunk.subarray(0, PROBE_BYTES - size));
      size += chunk.length;
      const text = decoder.write(chunk);
      if (text !== '') run?.onOutput?.(text);
    },
    keepBytes: PROBE_BYTES,
    signal: run?.signal,
    timeoutMs: run?.timeoutMs ?? PROBE_TIMEOUT_MS,
  });
  return { exitCode, stdout: Buffer.concat(kept).toString('utf8'), stderr: stderr.toString('utf8') };
}
