import type { Socket } from 'node:net';

/** From now on what is written to the socket in one turn is sent at once: each piece sent alone wakes whoever reads it. */
export function sendTogether(socket: Socket): void {
  const write = socket.write.bind(socket);
  let corked = false;
  // Whoever writes here hands over text or bytes and nothing else.
  socket.write = (data: string | Uint8Array): boolean => {
    if (!corked) {
      corked = true;
      socket.cork();
      setImmediate(() => {
        corked = false;
        socket.uncork();
      });
    }
    return write(data);
  };
}
