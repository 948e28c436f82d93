import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';

/** An answer that is being given, over HTTP/1.1 or as a stream of an HTTP/2 connection. */
export interface Outgoing {
  readonly headersSent: boolean;
  readonly isClosed: boolean;
  head(status: number, headers: Readonly<Record<string, string | number>>): void;
  /** Sends the head at once, before anything is written. */
  flush(): void;
  write(text: string): void;
  end(text?: string): void;
  onClose(callback: () => void): void;
  /** Breaks off this answer alone. */
  abort(): void;
  /** Breaks the connection, with all that goes on over it. */
  cut(): void;
}

export function outgoingOf(response: ServerResponse | Http2ServerResponse): Outgoing {
  const over = 'stream' in response ? overStream(response) : overSocket(response);
  return {
    ...over,
    get headersSent() {
      return response.headersSent;
    },
    get isClosed() {
      return over.isClosed();
    },
    onClose: (callback) => { response.on('close', callback); },
  };
}

function overSocket(response: ServerResponse) {
  return {
    isClosed: () => response.destroyed,
    head: (status: number, headers: Readonly<Record<string, string | number>>) => { response.writeHead(status, headers); },
    flush: () => { response.flushHeaders(); },
    write: (text: string) => { response.write(text); },
    end: (text = '') => { response.end(text); },
    abort: () => { response.destroy(); },
    cut: () => { response.socket?.destroy(); },
  };
}

function overStream(response: Http2ServerResponse) {
  const { stream } = response;
  return {
    isClosed: () => stream.destroyed,
    head: (status: number, headers: Readonly<Record<string, string | number>>) => { response.writeHead(status, headers); },
    // A stream's head is sent as it is written.
    flush: () => undefined,
    write: (text: string) => { response.write(text); },
    end: (text = '') => { response.end(text); },
    abort: () => { stream.destroy(); },
    cut: () => { stream.session?.destroy(); },
  };
}
