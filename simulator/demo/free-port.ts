import { createServer } from 'node:net';
import { once } from 'node:events';

/** The Web UI is looked for so many ports above the server, by every command. */
export const UI_PORT_OFFSET = 1_000;

// `capstan dev` takes 7233 and 8233; a demo beside it begins a little higher.
const FIRST_PORT = 7_333;
const LAST_PORT = 8_200;

/**
 * A port for Temporal whose Web UI has room as well.
 * @throws Error where none is free.
 */
export async function freeServerPort(): Promise<number> {
  const count = LAST_PORT - FIRST_PORT;
  for (let tried = 0; tried < count; tried += 1) {
    // Two demos that begin at the same moment must not both find the same one free.
    const port = FIRST_PORT + ((process.pid + tried) % count);
    if (await isFree(port) && await isFree(port + UI_PORT_OFFSET)) return port;
  }
  throw new Error(`No port from ${FIRST_PORT} to ${LAST_PORT} is free for Temporal together with the one ${UI_PORT_OFFSET} above it. Next: name one with --port.`);
}

export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
