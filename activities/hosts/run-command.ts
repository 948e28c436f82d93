import { Readable } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { messageOf, unreachable } from './host-failures.ts';

export interface Command {
  /** Command line for the user's login shell. */
  readonly line: string;
  /** Whole standard input. A stream that fails ends the command. */
  readonly input: string | Uint8Array | Readable;
  /** Takes standard output as it comes; while a promise that it returns is open, the host is not read any further. */
  readonly onOutput: (chunk: Buffer) => Promise<void> | void;
  /** Takes standard error as it comes. */
  readonly onErrorOutput: (chunk: Buffer) => void;
  /** Abandons the waiting: the channel is closed, and what runs on the host ends or goes on as it likes. */
  readonly signal?: AbortSignal;
  /** Milliseconds until HostUnreachable; none by default. */
  readonly timeoutMs?: number;
}

/**
 * Runs one command over its own channel until it is closed, and returns its exit code.
 *
 * @throws HostUnreachable where the channel cannot be opened, or closes without an exit code: what the command did is unknown.
 */
export async function runCommand(client: Client, label: string, command: Command): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let channel: ClientChannel | null = null;
  let cause = 'the connection broke';
  const broken = (): void => { reject(unreachable(label, `${cause} while a command ran; its result is unknown.`)); };
  const onClientError = (error: Error): void => { cause = `the connection broke (${error.message})`; };
  const abandon = (reason: unknown): void => {
    channel?.close();
    reject(reason);
  };
  const onAbort = (): void => { abandon(command.signal?.reason); };
  const timer = command.timeoutMs === undefined ? undefined : setTimeout(
    () => { abandon(unreachable(label, `a command did not end within ${String((command.timeoutMs ?? 0) / 1000)} s.`)); },
    command.timeoutMs,
  );
  client.on('error', onClientError);
  client.on('end', broken);
  client.on('close', broken);
  command.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    client.exec(command.line, (error, opened) => {
      if (error !== undefined) {
        reject(unreachable(label, `the SSH server opened no channel: ${error.message}`));
        return;
      }
      channel = opened;
      follow(opened, command, reject, (exitCode) => {
        if (exitCode === null) broken();
        else resolve(exitCode);
      });
    });
    return await promise;
  } catch (error) {
    // ssh2 throws a plain error where the connection ended just before.
    if (error instanceof Error && error.message === 'Not connected') throw unreachable(label, 'the connection broke before the command was sent.');
    throw error;
  } finally {
    clearTimeout(timer);
    client.off('error', onClientError);
    client.off('end', broken);
    client.off('close', broken);
    command.signal?.removeEventListener('abort', onAbort);
  }
}

/** Both outputs are always read: a channel with unread output never closes. */
function follow(channel: ClientChannel, command: Command, fail: (error: unknown) => void, end: (exitCode: number | null) => void): void {
  let exitCode: number | null = null;
  // An exit by signal has no code: what was done is as unknown as after a broken connection.
  channel.on('exit', (code: number | null) => { exitCode = code; });
  // Each output ends by itself: standard error may still hold bytes when the channel says that it is closed.
  const open = new Set(['channel', 'error output']);
  const ended = (what: string): void => {
    if (open.delete(what) && open.size === 0) end(exitCode);
  };
  channel.on('close', () => { ended('channel'); });
  channel.stderr.on('end', () => { ended('error output'); });
  channel.stderr.on('close', () => { ended('error output'); });
  channel.on('error', (error: Error) => { fail(new Error(messageOf(error))); });
  channel.on('data', (chunk: Buffer) => {
    const taken = command.onOutput(chunk);
    if (taken === undefined) return;
    channel.pause();
    taken.then(() => channel.resume(), (error: unknown) => {
      fail(error);
      channel.close();
    });
  });
  channel.stderr.on('data', command.onErrorOutput);
  channel.stderr.on('error', () => undefined);
  if (!(command.input instanceof Readable)) {
    channel.end(command.input);
    return;
  }
  command.input.on('error', (error: Error) => {
    fail(error);
    channel.close();
  });
  command.input.pipe(channel);
}
