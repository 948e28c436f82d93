import { causeOf } from '../workflows/domain/output-cause.ts';
import type { PlannedNode } from '../workflows/domain/plan.ts';
import type { HostStep } from '../workflows/domain/host-steps.ts';
import type { UpgradeRef } from '../workflows/domain/step.ts';
import { currentActivity, whileBeating } from './activity-context.ts';
import type { ClaimedStep, DurableOutcome, DurableStep, HostAddress, Hosts, HostScript, StepState } from './hosts/port.ts';
import { fromFirstLine, lastLine } from './redaction/last-line.ts';
import { redactedText } from './redaction/redacted.ts';
import { stepError } from './step-error.ts';

/** A node of a plan as its host is reached, and known. */
export type PlannedHost = Pick<PlannedNode, 'name' | 'address' | 'port' | 'machineId' | 'systemUuid'>;

/** The part of every step's input that a durable host step needs. */
export interface DurableInput {
  readonly upgrade: Pick<UpgradeRef, 'id'>;
  readonly node: PlannedHost;
  readonly retry: number;
  /** First part of the fence; default: `retry`. */
  readonly turn?: number;
  readonly epochMs: number;
}

type ClaimInput = Pick<DurableInput, 'upgrade' | 'node' | 'retry' | 'turn' | 'epochMs'>;

/** What a probe says of a step that was cut off: its effect is there, it may safely run again, or nobody can tell. */
export type ProbeVerdict = 'done' | 'rerun' | 'unknown';

export interface DurableResult {
  /** Seconds in which the host's unit really ran: 0 where the probe found the effect. */
  readonly busySeconds: number;
  /** True where this call started the unit. */
  readonly started: boolean;
  /** End of the output, at most 8 KiB. */
  readonly tail: string;
}

type Finished = Extract<DurableOutcome, { kind: 'finished' }>;

/** More interruptions than this in one attempt are no accident. */
const MOST_INTERRUPTIONS = 3;
const TAIL_LINES = 12;
const TAIL_CHARACTERS = 2_000;
/** Where a tail is this long the host has cut it, within a line. */
const HOST_TAIL = 8_000;

/**
 * Runs a durable host step to its end and keeps the heartbeat going: a unit that runs is attached to, a result that is
 * there is returned. One that was cut off is probed, then completed or run again as a new intent.
 *
 * Failures: HostStepFailed (exit code other than 0), StepUnknown, and those of `Hosts`.
 *
 * @param step Folder on the host and name in `capstan logs`.
 * @param probe Asked after an interruption; must not change anything.
 */
export async function runDurable(
  hosts: Hosts, input: DurableInput, step: HostStep, script: HostScript, args: readonly string[], probe: () => Promise<ProbeVerdict>,
  signal?: AbortSignal,
): Promise<DurableResult> {
  const activity = currentActivity();
  const claimed = claimOf(input, step);
  const lines = lastLine();
  const run = (after: number | null): Promise<DurableOutcome> => {
    const durable: DurableStep = { ...claimed, script, args, ...(after === null ? {} : { after }) };
    return hosts.runStep(hostOf(input.node), durable, { signal: signal ?? activity.signal, onOutput: lines.push });
  };
  return whileBeating(() => `${input.node.name}: ${lines.read() ?? step}`, async () => {
    let outcome = await run(null);
    for (let interruptions = 0; outcome.kind === 'interrupted'; interruptions += 1) {
      const verdict = interruptions < MOST_INTERRUPTIONS ? await probe() : 'unknown';
      if (verdict === 'done') return { busySeconds: 0, started: false, tail: outcome.tail };
      if (verdict === 'unknown') throw unknownStep(input, step, outcome.tail);
      outcome = await run(outcome.intent);
    }
    if (outcome.exitCode !== 0) throw failedStep(input, step, outcome);
    return { busySeconds: outcome.seconds, started: outcome.started, tail: outcome.tail };
  });
}

/**
 * What `runDurable` would meet. Asked before whatever has to hold when the step begins: from now on the host refuses an older
 * attempt, so that a worker which hung after its own look does not begin the step behind the back of this one.
 */
export function claimStep(hosts: Hosts, input: ClaimInput, step: HostStep): Promise<StepState> {
  return whileBeating(() => `${input.node.name}: asking its host for ${step}`, () => hosts.claimStep(hostOf(input.node), claimOf(input, step)));
}

/**
 * The input to run a claimed step with: one that ran is waited for, and its result counts, whichever retry began it. With a higher
 * retry, one that ends after the claim would begin again, and nobody would have looked at what has to hold then.
 */
export function asClaimed<T extends DurableInput>(input: T, state: StepState): T {
  return state === 'running' ? { ...input, retry: 0, turn: input.turn ?? input.retry } : input;
}

function claimOf({ upgrade, node, retry, turn = retry, epochMs }: ClaimInput, step: HostStep): ClaimedStep {
  const { order, attempt, attemptMs } = currentActivity();
  return { upgrade: upgrade.id, node: node.name, step, retry, fence: { turn, epochMs, order, attempt, attemptMs } };
}

/** Where a planned node is, and which machine has to be there. */
export function hostOf({ name, address, port, machineId, systemUuid }: PlannedHost): HostAddress {
  return { name, address, port, machine: { machineId, systemUuid } };
}

/** Value of the last line `NAME: VALUE` of an output; null where there is none. */
export function outputValue(tail: string, name: string): string | null {
  const line = tail.split('\n').findLast((text) => text.startsWith(`${name}: `));
  return line?.slice(name.length + 2).trim() ?? null;
}

function failedStep(input: DurableInput, step: HostStep, outcome: Finished): Error {
  const { name, address } = input.node;
  const tail = redactedText(fromFirstLine(outcome.tail, HOST_TAIL));
  const cause = outputValue(tail, 'error');
  const advice = outputValue(tail, 'next');
  const end = lastLines(tail.split('\n').filter((line) => !/^(error|next): /.test(line)).join('\n'));
  const known = causeOf(tail);
  const said = [cause ?? `its command ended with exit code ${outcome.exitCode}`, ...(known === null ? [] : [known.cause])].join(': ');
  const message = `${step} failed on ${name} (${address}): ${said}.${end === '' ? '' : `\n${end}`}`;
  const commands = `see \`capstan logs ${name} ${step}\`, then \`capstan retry ${name}\``;
  const first = known?.next ?? advice;
  return stepError('HostStepFailed', message, first === null ? commands : `${first} Then: ${commands}`);
}

function unknownStep(input: DurableInput, step: HostStep, tail: string): Error {
  const { name, address } = input.node;
  return stepError(
    'StepUnknown',
    `${step} was cut off on ${name} (${address}), and what it did cannot be told from the host.\n${lastLines(tail)}`.trimEnd(),
    `look at the host and at \`capstan logs ${name} ${step}\`; when it is sound, \`capstan retry ${name}\``,
  );
}

/** The end of an output, for messages: it goes into a history, so it is short. */
export function lastLines(text: string): string {
  // Before anything is cut: half a secret has no form to know it by.
  return redactedText(text).split('\n').filter((line) => line.trim() !== '').slice(-TAIL_LINES).join('\n').slice(-TAIL_CHARACTERS);
}
