import ssh2 from 'ssh2';
import type { Client, ClientErrorExtensions } from 'ssh2';
import type { Duplex } from 'node:stream';
import type { ApplicationFailure } from '@temporalio/common';
import { failureTypeOf, stepError } from '../step-error.ts';
import { algorithmsFor } from './algorithms.ts';
import { labelOf, unreachable } from './host-failures.ts';
import { hostKeyFailure } from './host-key.ts';
import { linesOfHost } from './known-hosts.ts';
import type { KnownHost } from './known-hosts.ts';
import type { HostAddress } from './port.ts';

/** What opens a connection: read where the worker runs, never written anywhere. */
export interface Credentials {
  readonly privateKey: string;
  /** SHA-256 of its public half. */
  readonly fingerprint: string;
  readonly privateKeyName: string;
  readonly knownHosts: readonly KnownHost[];
  readonly knownHostsName: string;
}

/** Milliseconds for TCP, handshake and authentication together. */
const READY_TIMEOUT_MS = 20_000;
/** A peer that answers none of three keepalives, five seconds apart, is gone. */
const KEEPALIVE_MS = 5_000;
const KEEPALIVE_COUNT = 3;

/**
 * Opens a connection as `user`, through `tunnel` where one is given. The host's key is verified before anything is sent.
 *
 * @throws HostUnreachable, HostKeyMismatch, SshAuthenticationFailed
 */
export function connect(host: HostAddress, user: string, credentials: Credentials, tunnel?: Duplex): Promise<Client> {
  const label = labelOf(host);
  const lines = linesOfHost(credentials.knownHosts, host);
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  const client = new ssh2.Client();
  let refusal: ApplicationFailure | null = null;
  const fail = (error: Error): void => {
    reject(refusal ?? explain(error, host, user, credentials));
    client.destroy();
  };
  client.once('ready', () => { resolve(client); });
  // Never removed: a client may emit errors after its end, and an error without a listener would end the worker.
  client.on('error', fail);
  client.on('close', () => { fail(new Error('the connection was closed before it was ready')); });
  // A tunnel whose far side has ended stays half open, without keepalives, until it is closed from here.
  client.on('end', () => { client.destroy(); });
  client.connect({
    ...(tunnel === undefined ? { host: host.address, port: host.port } : { sock: tunnel }),
    username: user,
    privateKey: credentials.privateKey,
    authHandler: ['publickey'],
    algorithms: algorithmsFor(lines),
    hostVerifier: (key: Buffer) => {
      refusal = hostKeyFailure({ label, address: host.address, port: host.port, lines, knownHostsName: credentials.knownHostsName }, key);
      return refusal === null;
    },
    readyTimeout: READY_TIMEOUT_MS,
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: KEEPALIVE_COUNT,
  });
  // SSH writes many small packets; waiting for more to send would cost each command about 0.2 s.
  client.setNoDelay(true);
  return promise;
}

function explain(error: Error & ClientErrorExtensions, host: HostAddress, user: string, credentials: Credentials): Error {
  if (failureTypeOf(error) !== null) return error;
  const label = labelOf(host);
  if (error.level === 'client-authentication') {
    return stepError(
      'SshAuthenticationFailed',
      `${label}: the host does not let "${user}" in with the key ${credentials.privateKeyName} (${credentials.fingerprint}).`,
      `Add the key to ~${user}/.ssh/authorized_keys on the host, or correct the user or key under spec.access.ssh.`,
    );
  }
  if (error.message.includes('no matching host key format')) {
    return stepError('HostKeyMismatch', `${label}: the host has no Ed25519, ECDSA or RSA/SHA-2 host key that could be verified.`, 'Give its SSH server such a host key and record it in known_hosts.');
  }
  return unreachable(label, `SSH could not connect: ${error.message}`);
}
