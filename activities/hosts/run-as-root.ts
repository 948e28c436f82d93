import type { Readable } from 'node:stream';
import type { Client } from 'ssh2';
import type { ApplicationFailure } from '@temporalio/common';
import { stepError } from '../step-error.ts';
import { unreachable } from './host-failures.ts';
import { afterLine, keepOutput } from './kept-output.ts';
import { quoteAll } from './quote.ts';
import { runCommand } from './run-command.ts';
import { otherMachine, requireMachine } from './same-machine.ts';
import type { NodeMachine } from './same-machine.ts';

/** A script that runs as root on one host. */
export interface RootScript {
  /** Words that name it in the host's process list and in sudo's log; they have no effect. */
  readonly title: readonly string[];
  readonly text: string;
  readonly args: readonly string[];
  readonly onOutput?: (chunk: Buffer) => Promise<void> | void;
  /** Bytes kept of standard output (where `onOutput` does not take it) and of standard error. */
  readonly keepBytes: number;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface RootResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** How commands become root's on a host. */
export interface RootAccess {
  readonly label: string;
  readonly user: string;
  readonly become: 'sudo' | 'none';
  /** The only machine that anything may run on; null where any may. */
  readonly machine: NodeMachine | null;
}

export const BEGIN = 'capstan: begin';

/**
 * Runs a script with the text and arguments on standard input, so that neither has a limited size or shows in the process list.
 *
 * @throws SudoRefused where the script did not begin as root; HostIsNotNode on another machine; HostUnreachable as `runCommand`
 */
export async function runAsRoot(client: Client, access: RootAccess, script: RootScript): Promise<RootResult> {
  const stdout = keepOutput(script.keepBytes);
  const stderr = keepOutput(script.keepBytes);
  const output = afterLine(BEGIN, script.onOutput ?? stdout.take);
  const errorOutput = afterLine(BEGIN, stderr.take);
  const exitCode = await runCommand(client, access.label, {
    line: lineFor(access, ['-s', '--', ...script.title]),
    input: inputFor(script, requireMachine(access.machine)),
    onOutput: output.take,
    onErrorOutput: errorOutput.take,
    ...(script.signal === undefined ? {} : { signal: script.signal }),
    ...(script.timeoutMs === undefined ? {} : { timeoutMs: script.timeoutMs }),
  });
  if (!errorOutput.passed()) throw notBegun(access, exitCode, errorOutput.before().toString('utf8'));
  return { exitCode, stdout: stdout.bytes(), stderr: stderr.bytes() };
}

/**
 * Runs a short constant script from the command line, with `input` on its standard input.
 *
 * @throws as `runAsRoot`
 */
export async function sendAsRoot(client: Client, access: RootAccess, text: string, args: readonly string[], input: Uint8Array | Readable): Promise<RootResult> {
  const stdout = keepOutput(ERROR_BYTES);
  const stderr = keepOutput(ERROR_BYTES);
  const errorOutput = afterLine(BEGIN, stderr.take);
  const exitCode = await runCommand(client, access.label, {
    line: lineFor(access, ['-c', `${CHECK}${requireMachine(access.machine)}${MARK}${text}`, 'capstan', ...args]),
    input,
    onOutput: stdout.take,
    onErrorOutput: errorOutput.take,
  });
  if (!errorOutput.passed()) throw notBegun(access, exitCode, errorOutput.before().toString('utf8'));
  return { exitCode, stdout: stdout.bytes(), stderr: stderr.bytes() };
}

const ERROR_BYTES = 8192;

/** Only root goes on. */
export const CHECK = [
  // Third of the line: the user that counts. Without a program, since every command begins so.
  'user_id=',
  '{ while read -r key _ user_id _ && [ "$key" != Uid: ]; do :; done; } 2>/dev/null <"${CAPSTAN_PROC:-/proc}/self/status" || user_id=$(id -u)',
  `if [ "$user_id" != 0 ]; then echo "commands run as user id $user_id, not as root" >&2; exit 1; fi`,
  '',
].join('\n');

/** Says that the script begins, on both outputs: as root, and on the right machine. */
export const MARK = `echo '${BEGIN}'\necho '${BEGIN}' >&2\n`;

function lineFor(access: RootAccess, words: readonly string[]): string {
  const shell = `sh ${quoteAll(words)}`;
  return access.become === 'sudo' ? `sudo -n -- ${shell}` : shell;
}

/**
 * The braces make the shell read the whole script before it runs the first line: one that was cut off in the middle does
 * nothing, and no command in it can read the rest of it.
 *
 * @param guard What has to hold on the host: `requireMachine`.
 */
export function inputFor(script: Pick<RootScript, 'args' | 'text'>, guard = ''): string {
  return `{\nset -- ${quoteAll(script.args)}\n${CHECK}${guard}${MARK}${script.text}\n} </dev/null\n`;
}

/** sudo never refuses with exit code 0: then the script ran, and what it said was lost on the way. */
function notBegun(access: RootAccess, exitCode: number, text: string): ApplicationFailure {
  const other = otherMachine(access.label, access.machine, text);
  if (other !== null) return other;
  if (exitCode === 0) return unreachable(access.label, 'a command ended, but its output did not arrive; its result is unknown.');
  return refused(access, exitCode, text);
}

function refused(access: RootAccess, exitCode: number, text: string): ApplicationFailure {
  const said = text.trim() === '' ? `exit code ${String(exitCode)} and no message` : text.trim();
  if (access.become === 'none') {
    return stepError('SudoRefused', `${access.label}: "${access.user}" cannot run commands as root, and spec.access.ssh.become is none: ${said}`, 'Log in as root, or set spec.access.ssh.become to sudo.');
  }
  return stepError(
    'SudoRefused',
    `${access.label}: sudo does not let "${access.user}" run commands without a password: ${said}`,
    `Allow it on the host, as root: echo '${access.user} ALL=(root) NOPASSWD: ALL' > /etc/sudoers.d/capstan && visudo -c`,
  );
}
