import type { Client } from 'ssh2';

/** A connection that is opened when it is needed, shared by a bounded number of users, and closed when nobody has used it. */
export interface Connection {
  /** Waits for a place, opens the connection where it is closed. The caller gives the place back by `release`, once. */
  acquire(signal?: AbortSignal): Promise<{ readonly client: Client; readonly release: () => void }>;
  /** Ends the connection; who waits for a place is refused by `closed`'s error. */
  close(): void;
}

export interface ConnectionOptions {
  readonly open: () => Promise<Client>;
  /** Users at the same time: an SSH server refuses more than ten sessions a connection by default. */
  readonly places: number;
  readonly idleMs: number;
  /** Error for those who wait while the connection is closed for good. */
  readonly closed: () => Error;
}

export function createConnection(options: ConnectionOptions): Connection {
  const waiting: PromiseWithResolvers<void>[] = [];
  let opened: Promise<Client> | null = null;
  let free = options.places;
  let users = 0;
  let idle: NodeJS.Timeout | undefined;
  let closed = false;

  function open(): Promise<Client> {
    if (opened !== null) return opened;
    const opening = options.open();
    opened = opening;
    const forget = (): void => {
      if (opened === opening) opened = null;
    };
    opening.then((client) => {
      client.once('end', forget);
      client.once('close', forget);
      if (closed) client.end();
    }, forget);
    return opening;
  }

  function end(): void {
    opened?.then((client) => client.end(), () => undefined);
    opened = null;
  }

  function giveBack(): void {
    users -= 1;
    const next = waiting.shift();
    if (next !== undefined) {
      next.resolve();
      return;
    }
    free += 1;
    if (users > 0) return;
    idle = setTimeout(end, options.idleMs);
    // An idle connection must not keep the worker from ending.
    idle.unref();
  }

  async function takePlace(signal: AbortSignal | undefined): Promise<void> {
    if (free > 0) {
      free -= 1;
      return;
    }
    const place = Promise.withResolvers<void>();
    waiting.push(place);
    const leave = (): void => {
      const index = waiting.indexOf(place);
      if (index < 0) return;
      waiting.splice(index, 1);
      place.reject(signal?.reason);
    };
    signal?.addEventListener('abort', leave, { once: true });
    try {
      await place.promise;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  return {
    async acquire(signal) {
      signal?.throwIfAborted();
      if (closed) throw options.closed();
      clearTimeout(idle);
      await takePlace(signal);
      users += 1;
      clearTimeout(idle);
      let released = false;
      const release = (): void => {
        if (released) return;
        released = true;
        giveBack();
      };
      try {
        return { client: await open(), release };
      } catch (error) {
        release();
        throw error;
      }
    },
    close() {
      closed = true;
      clearTimeout(idle);
      for (const place of waiting.splice(0)) place.reject(options.closed());
      end();
    },
  };
}
