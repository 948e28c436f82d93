import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { EtcdObservation } from '../../workflows/domain/observation.ts';
import { whileBeating } from '../activity-context.ts';
import type { Clock } from '../activity-context.ts';
import { pausesUpTo } from '../asking.ts';
import type { HostAddress, Hosts } from '../hosts/port.ts';
import { stepError } from '../step-error.ts';
import { gateProblems } from './gate.ts';
import { readEtcd } from './read-etcd.ts';

export interface GateWait {
  readonly hosts: Hosts;
  /** Node whose step waits. */
  readonly node: string;
  /** Hosts of all members, the one to ask first in front. */
  readonly members: readonly HostAddress[];
  readonly acceptOutage: boolean;
  /** Milliseconds of a clock that nobody sets. Default: performance.now. */
  readonly elapsedMs?: Clock | undefined;
  readonly signal: AbortSignal;
  /** More that must hold, such as who may not lead. */
  readonly also?: (observation: EtcdObservation) => readonly string[];
  /** Default 5 minutes. */
  readonly timeoutMs?: number;
}

const GATE_MS = 5 * 60_000;
// etcd tells nobody when it is whole again: it has to be asked.
const LONGEST_PAUSE_MS = 2_000;

/** Waits until the gate of contract 2 is open, and returns what was seen then. Failures: GateTimeout, and permanent ones of `Hosts`. */
export async function waitForGate(wait: GateWait): Promise<EtcdObservation> {
  const { members, acceptOutage, signal, elapsedMs = () => performance.now() } = wait;
  const expected = members.map((member) => member.name);
  const deadline = elapsedMs() + (wait.timeoutMs ?? GATE_MS);
  const pauses = pausesUpTo(LONGEST_PAUSE_MS);
  let problems: readonly string[] = [];
  return whileBeating(() => (problems.length === 0 ? 'asking etcd' : `waiting for etcd: ${problems.join('; ')}`), async () => {
    for (;;) {
      signal.throwIfAborted();
      const look = await lookAt(wait);
      problems = typeof look === 'string' ? [look] : [...gateProblems(look, { expected, acceptOutage }), ...(wait.also?.(look) ?? [])];
      if (typeof look !== 'string' && problems.length === 0) return look;
      if (elapsedMs() >= deadline) throw gateTimeout(wait, problems);
      await sleep(pauses.next().value, undefined, { signal });
    }
  });
}

async function lookAt({ hosts, members, signal }: GateWait): Promise<EtcdObservation | string> {
  try {
    return await readEtcd(hosts, members, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ApplicationFailure) || error.nonRetryable === true) throw error;
    return error.message;
  }
}

function gateTimeout({ node, timeoutMs }: GateWait, problems: readonly string[]): Error {
  return stepError(
    'GateTimeout',
    `The gate of etcd for ${node} did not open within ${(timeoutMs ?? GATE_MS) / 1000} s: ${problems.join('; ')}`,
    `bring etcd to health (\`etcdctl endpoint health --cluster\`, \`member list\`, \`alarm list\`), then \`capstan retry ${node}\``,
  );
}
