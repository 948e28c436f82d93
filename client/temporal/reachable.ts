import { connect } from 'node:net';

/** No call waits longer for a connection. */
export const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Why no TCP connection to `address` comes about, at once where it is refused; null where one does, or where a proxy
 * stands between and only gRPC can tell.
 */
export function connectionProblem(address: string, timeoutMs: number, environment: Readonly<Record<string, string | undefined>>): Promise<string | null> {
  const isProxied = ['grpc_proxy', 'https_proxy', 'http_proxy'].some((name) => (environment[name] ?? '') !== '');
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:/]+)):(?<port>\d+)$/.exec(address);
  const host = match?.groups?.['v6'] ?? match?.groups?.['host'];
  if (isProxied || host === undefined) return Promise.resolve(null);
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(match?.groups?.['port']) });
    const answer = (problem: string | null): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(timeoutMs, () => answer(`no connection within ${timeoutMs / 1000} s`));
    socket.once('connect', () => answer(null));
    socket.once('error', (error: NodeJS.ErrnoException) => answer(causeOf(error)));
  });
}

function causeOf({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ECONNREFUSED': return 'the connection is refused: nothing listens there';
    case 'ENOTFOUND':
    case 'EAI_AGAIN': return 'this host name is not known';
    default: return code ?? message;
  }
}
