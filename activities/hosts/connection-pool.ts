import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import type { SshSpec } from '../../workflows/domain/spec.ts';
import { failureTypeOf } from '../step-error.ts';
import { connect } from './connect.ts';
import type { Credentials } from './connect.ts';
import { createConnection } from './connection.ts';
import type { Connection } from './connection.ts';
import { labelOf, messageOf, unreachable } from './host-failures.ts';
import type { HostAddress } from './port.ts';

/** How a host is reached, and as whom. */
export interface Route {
  /** Stands for everything but the host: equal keys share connections. */
  readonly key: string;
  readonly host: HostAddress;
  readonly user: string;
  readonly credentials: Credentials;
  readonly bastion: SshSpec['bastion'];
}

export interface ConnectionPool {
  connection(route: Route): Connection;
  close(): void;
}

/** Milliseconds that a bastion has to reach a host. */
const FORWARD_TIMEOUT_MS = 20_000;

/** One connection for each host, and one to each bastion that all hosts behind it share. */
export function createConnectionPool(options: { readonly idleMs: number; readonly channels: number }): ConnectionPool {
  const connections = new Map<string, Connection>();
  let closed = false;

  function shared(key: string, label: string, places: number, open: () => Promise<Client>): Connection {
    const known = connections.get(key);
    if (known !== undefined) return known;
    const refuse = (): Error => unreachable(label, 'the worker closes its connections.');
    const connection = createConnection({ open, places, idleMs: options.idleMs, closed: refuse });
    if (closed) connection.close();
    connections.set(key, connection);
    return connection;
  }

  function bastionOf(route: Route, bastion: NonNullable<SshSpec['bastion']>): Connection {
    const host: HostAddress = { name: 'bastion', address: bastion.address, port: bastion.port };
    // Forwarded streams are no sessions: a server does not limit their number.
    return shared(`${route.key} bastion`, labelOf(host), Number.POSITIVE_INFINITY, () => connect(host, bastion.user, route.credentials));
  }

  async function openThrough(route: Route, bastion: NonNullable<SshSpec['bastion']>): Promise<Client> {
    const { client: jump, release } = await bastionOf(route, bastion).acquire();
    try {
      const tunnel = await forward(jump, route.host, bastion.address);
      const client = await connect(route.host, route.user, route.credentials, tunnel);
      client.once('end', release);
      client.once('close', release);
      return client;
    } catch (error) {
      release();
      throw failureTypeOf(error) === null ? unreachable(labelOf(route.host), `the bastion ${bastion.address} could not be used: ${messageOf(error)}`) : error;
    }
  }

  return {
    connection: (route) => {
      const { host, bastion } = route;
      const key = `${route.key} ${host.name} ${host.address} ${String(host.port)}`;
      const open = bastion === null ? () => connect(host, route.user, route.credentials) : () => openThrough(route, bastion);
      return shared(key, labelOf(host), options.channels, open);
    },
    close() {
      closed = true;
      for (const connection of connections.values()) connection.close();
    },
  };
}

/** A stream from the bastion to the host: the bastion sees neither keys nor commands. */
function forward(jump: Client, host: HostAddress, bastion: string): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const label = labelOf(host);
  const timer = setTimeout(() => { reject(unreachable(label, `the bastion ${bastion} did not reach it within ${String(FORWARD_TIMEOUT_MS / 1000)} s.`)); }, FORWARD_TIMEOUT_MS);
  const lost = (): void => { reject(unreachable(label, `the connection to the bastion ${bastion} broke.`)); };
  jump.once('close', lost);
  jump.forwardOut('127.0.0.1', 0, host.address, host.port, (error, stream) => {
    if (error === undefined) resolve(stream);
    else reject(unreachable(label, `the bastion ${bastion} could not reach it: ${error.message}`));
  });
  return promise.finally(() => {
    clearTimeout(timer);
    jump.off('close', lost);
  });
}
