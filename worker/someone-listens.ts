import { once } from 'node:events';
import { createConnection } from 'node:net';

/** True where a TCP connection to `host:port` comes about. */
export async function someoneListens(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.split(':');
  const socket = createConnection({ host, port: Number(port) });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
