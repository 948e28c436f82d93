import type { ChildProcess } from 'node:child_process';
import type { ServerChannel } from 'ssh2';

/** Joins a process to the channel that asked for it, and tells the channel how it ended. */
export function pipeProcess(child: ChildProcess, channel: ServerChannel): void {
  // As sshd does: a connection that ends closes the pipes and leaves the processes alone.
  const leave = (): void => {
    for (const stream of child.stdio) stream?.destroy();
  };
  channel.on('error', leave);
  channel.on('close', leave);
  for (const stream of child.stdio) stream?.on('error', () => undefined);
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
