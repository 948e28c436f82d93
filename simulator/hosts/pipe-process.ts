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
  child.stdout?.pipe(channel, { end: false });
  child.stderr?.pipe(channel.stderr, { end: false });
  child.on('close', (code, signal) => {
    if (!channel.writable) return;
    // What waits for the channel's window goes first, as with sshd.
    channel.stderr.end(() => {
      if (signal === null) channel.exit(code ?? 0);
      else channel.exit(signal.replace('SIG', ''), false, '');
      channel.end();
    });
  });
}
