import type { Readable, Writable } from 'node:stream';
import type { ServerChannel } from 'ssh2';

/** What a process that runs for a connection has; a child process is one. */
export interface HostProcess {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** Called when it has ended and its output was read. */
  on(event: 'close', listener: (code: number | null, signal: NodeJS.Signals | null) => void): unknown;
}

/** Joins a process to the channel that asked for it, and tells the channel how it ended. */
export function pipeProcess(child: HostProcess, channel: ServerChannel): void {
  const streams = [child.stdin, child.stdout, child.stderr];
  // As sshd does: a connection that ends closes the pipes and leaves the processes alone.
  const leave = (): void => {
    for (const stream of streams) stream?.destroy();
  };
  channel.on('error', leave);
  channel.on('close', leave);
  for (const stream of streams) stream?.on('error', () => undefined);
  if (child.stdin !== null) channel.pipe(child.stdin);
  const write = oneAfterTheOther(channel);
  send(child.stdout, (chunk) => write(channel, chunk));
  send(child.stderr, (chunk) => write(channel.stderr, chunk));
  child.on('close', (code, signal) => {
    if (!channel.writable) return;
    // What waits for the channel's window goes first, as with sshd.
    void write(channel, Buffer.alloc(0)).then(() => {
      if (signal === null) channel.exit(code ?? 0);
      else channel.exit(signal.replace('SIG', ''), false, '');
      channel.end();
    });
  });
}

function send(output: Readable | null, write: (chunk: Buffer) => Promise<void>): void {
  output?.on('data', (chunk: Buffer) => {
    output.pause();
    void write(chunk).then(() => output.resume());
  });
}

/**
 * Writes both outputs of a channel in one line. Where both wait for the channel's window, ssh2 1.17 wakes the first alone, and what
 * it waited for last stays there to be taken for what waits now: so only one ever waits, and finds nothing left over.
 */
function oneAfterTheOther(channel: ServerChannel): (to: Writable, chunk: Buffer) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return (to, chunk) => {
    last = last.then(() => new Promise((resolve) => {
      for (const leftOver of ['_chunk', '_chunkcb', '_chunkErr', '_chunkcbErr']) Reflect.set(channel, leftOver, undefined);
      to.write(chunk, () => resolve());
    }));
    return last;
  };
}
