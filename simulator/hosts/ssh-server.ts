import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { Connection, ServerChannel, Session } from 'ssh2';
import { sendTogether } from './send-together.ts';

/** One host's SSH server, with everything that may go wrong on the way to it. */
export interface SshServer {
  /** Breaks every connection without a word, as a pulled cable does; what runs goes on. */
  cut(): void;
  /** Ends every command with this exit status, and leaves the connections. */
  endCommands(exitCode: number): void;
  /** From now on: `up` answers, `refused` closes at once, `hang` accepts and never answers. */
  setReachable(reachable: 'up' | 'refused' | 'hang'): void;
  /** Connections that are open now. */
  connections(): number;
  stop(): Promise<void>;
}

export interface SshServerOptions {
  readonly address: string;
  readonly port: number;
  readonly hostKey: string;
  readonly user: string;
  /** Public key that is let in, in wire format. */
  readonly allowed: Buffer;
  readonly run: (line: string, channel: ServerChannel) => void;
}

export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const sockets = new Set<Socket>();
  const channels = new Set<ServerChannel>();
  let reachable: 'up' | 'refused' | 'hang' = 'up';
  const server = new ssh2.Server({ hostKeys: [options.hostKey], keepaliveInterval: 0 }, (connection: Connection) => {
    connection.on('error', () => undefined);
    authenticate(connection, options);
    connection.on('session', (accept) => { serve(accept(), options, channels); });
  });
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    sendTogether(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    if (reachable === 'up') server.injectSocket(socket);
    else if (reachable === 'refused') socket.destroy();
  });
  await listen(listener, options.port, options.address);
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    cut,
    endCommands: (exitCode) => {
      for (const channel of channels) {
        channel.exit(exitCode);
        channel.end();
      }
    },
    setReachable: (to) => { reachable = to; },
    connections: () => sockets.size,
    stop: async () => {
      cut();
      await new Promise((resolve) => { listener.close(resolve); });
    },
  };
}

function listen(listener: Server, port: number, address: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  listener.once('error', reject);
  listener.listen(port, address, resolve);
  return promise;
}

function authenticate(connection: Connection, { user, allowed }: SshServerOptions): void {
  connection.on('authentication', (context) => {
    if (context.method !== 'publickey' || context.username !== user || !context.key.data.equals(allowed)) {
      context.reject(['publickey']);
      return;
    }
    // Asked with no signature whether the key would do; with one, whether it is the holder who asks.
    if (context.signature === undefined) {
      context.accept();
      return;
    }
    const key = ssh2.utils.parseKey(`${context.key.algo} ${context.key.data.toString('base64')}`);
    if (!(key instanceof Error) && context.blob !== undefined && key.verify(context.blob, context.signature, context.hashAlgo) === true) context.accept();
    else context.reject(['publickey']);
  });
}

function serve(session: Session, { run }: SshServerOptions, channels: Set<ServerChannel>): void {
  session.on('exec', (accept, _reject, { command }) => {
    const channel = accept();
    channel.on('error', () => undefined);
    channels.add(channel);
    channel.once('close', () => channels.delete(channel));
    run(command, channel);
  });
}
