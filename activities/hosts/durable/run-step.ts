import { StringDecoder } from 'node:string_decoder';
import type { Client } from 'ssh2';
import { stepError } from '../../step-error.ts';
import { unreachable } from '../host-failures.ts';
import type { DurableOutcome, DurableStep, RunOptions } from '../port.ts';
import { quote, quoteAll } from '../quote.ts';
import { runAsRoot } from '../run-as-root.ts';
import type { RootAccess } from '../run-as-root.ts';
import { runStepScript, unitScript } from './scripts.ts';
import { readStatement } from './statement.ts';
import type { Statement } from './statement.ts';
import { fenceToken, stepArguments } from './step-folder.ts';
import { superseded } from './superseded.ts';

/** Room for the statements and 8 KiB of tail. */
const STATEMENT_BYTES = 64 * 1024;

/** Starts the step's unit, attaches to it, or fetches its result: one command on the host. */
export async function runStep(client: Client, access: RootAccess, stateFolder: string, step: DurableStep, options: RunOptions = {}): Promise<DurableOutcome> {
  const follower = followOutput(options.onOutput);
  const result = await runAsRoot(client, access, {
    title: ['capstan', 'step', step.upgrade, step.node, step.step],
    text: textFor(step),
    args: argumentsFor(stateFolder, step, options.onOutput !== undefined),
    onOutput: follower.take,
    keepBytes: STATEMENT_BYTES,
    signal: options.signal,
  });
  const statement = readStatement(result.stderr);
  if (statement === null) throw unfinished(access, step, result.exitCode, result.stderr.toString('utf8'));
  return outcomeOf(statement, access, step, follower);
}

/** The script, its arguments and the unit's text are quoted into variables: no argument list can hold them. */
function textFor(step: DurableStep): string {
  return [
    `script=${quote(step.script.text)}`,
    `arguments=${quote(quoteAll(step.args))}`,
    `unit_script=${quote(unitScript)}`,
    runStepScript,
  ].join('\n');
}

function argumentsFor(stateFolder: string, step: DurableStep, follow: boolean): readonly string[] {
  return [...stepArguments(stateFolder, step), String(step.retry), fenceToken(step), String(step.after ?? 0), follow ? 'yes' : 'no'];
}

function outcomeOf(statement: Statement, access: RootAccess, step: DurableStep, follower: OutputFollower): DurableOutcome {
  const name = `${step.step} on ${access.label}`;
  switch (statement.kind) {
    case 'finished': {
      follower.complete(statement);
      const { intent, exitCode, beginSeconds, endSeconds, started } = statement;
      return { kind: 'finished', intent, exitCode, seconds: secondsBetween(beginSeconds, endSeconds), tail: textOf(statement.tail), started };
    }
    case 'interrupted':
      follower.complete(statement);
      return { kind: 'interrupted', intent: statement.intent, tail: textOf(statement.tail) };
    case 'superseded':
      throw superseded(name, statement.turn, statement.runMs, statement.attempt);
    case 'missing':
      throw stepError('HostStepFailed', `${name}: the host has no ${statement.tool}, which durable steps need.`, 'Install systemd, util-linux and coreutils on the host.');
    case 'refused':
      throw stepError('Unexpected', `${name}: systemd did not start the step's unit: ${statement.message}`, 'Look at systemctl status on the host; it is tried again by itself.');
  }
}

/** The script ended without its last word: it met an error of the host, such as a full disk. */
function unfinished(access: RootAccess, step: DurableStep, exitCode: number, said: string): Error {
  if (exitCode === 0) return unreachable(access.label, `the answer about the step ${step.step} was cut off.`);
  return stepError('Unexpected', `${step.step} on ${access.label}: the step could not be started or found (exit code ${String(exitCode)}): ${said.trim()}`, 'Correct the cause on the host; it is tried again by itself.');
}

interface OutputFollower {
  readonly take: (chunk: Buffer) => void;
  /** Passes on what the host's `tail` had not sent when the unit ended. */
  readonly complete: (end: { readonly size: number; readonly from: number; readonly tail: Buffer }) => void;
}

function followOutput(onOutput: RunOptions['onOutput']): OutputFollower {
  if (onOutput === undefined) return { take: () => undefined, complete: () => undefined };
  const decoder = new StringDecoder('utf8');
  let received = 0;
  const take = (chunk: Buffer): void => {
    received += chunk.length;
    const text = decoder.write(chunk);
    if (text !== '') onOutput(text);
  };
  const complete: OutputFollower['complete'] = ({ size, from, tail }) => {
    const missing = size - from - received;
    if (missing > tail.length) take(tail.subarray(firstCharacter(tail)));
    else if (missing > 0) take(tail.subarray(tail.length - missing));
    const rest = decoder.end();
    if (rest !== '') onOutput(rest);
  };
  return { take, complete };
}

function textOf(tail: Buffer): string {
  return tail.toString('utf8', firstCharacter(tail));
}

/** Where the first whole character begins: a tail may begin in the middle of one. */
function firstCharacter(tail: Buffer): number {
  let start = 0;
  while (start < 3 && start < tail.length && ((tail[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return start;
}

function secondsBetween(begin: number, end: number): number {
  return Math.max(0, Math.round((end - begin) * 1000) / 1000);
}
