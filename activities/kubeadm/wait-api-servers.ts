import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { ControlPlaneStepInput } from '../../workflows/domain/step.ts';
import { whileBeating } from '../activity-context.ts';
import type { Clock } from '../activity-context.ts';
import { pausesUpTo } from '../asking.ts';
import { plannedNode } from '../nodes/planned-node.ts';
import { stepError } from '../step-error.ts';
import { otherApiServersDown, readControlPlane, requireUnmoved } from './control-plane-now.ts';
import type { ControlPlaneKube, ControlPlaneNow } from './control-plane-now.ts';

export interface ApiServerWait {
  readonly kube: ControlPlaneKube;
  readonly input: ControlPlaneStepInput;
  readonly elapsedMs: Clock;
  readonly signal: AbortSignal;
  /** Default 5 minutes. */
  readonly timeoutMs?: number;
}

const WAIT_MS = 5 * 60_000;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Waits until every API server but the node's own is up, and returns what was seen then: kubeadm replaces the own one, and the cluster
 * must not be without. Null where none answers and the node has the only one: then its host alone can say what it has.
 * Failures: GateTimeout; ClusterMoved where the node or the versions are not those of the plan; permanent ones of `Kube`.
 */
export async function waitForApiServers(wait: ApiServerWait): Promise<ControlPlaneNow | null> {
  const { input: { node, controlPlane = [], members }, elapsedMs, signal } = wait;
  const others = [...new Set([...controlPlane, ...members.map(({ name }) => name)])].filter((name) => name !== node.name);
  const deadline = elapsedMs() + (wait.timeoutMs ?? WAIT_MS);
  const pauses = pausesUpTo(LONGEST_PAUSE_MS);
  let problems: readonly string[] = [];
  return whileBeating(() => `${node.name}: ${problems.length === 0 ? 'asking the API servers' : `waiting for API servers: ${problems.join('; ')}`}`, async () => {
    for (;;) {
      signal.throwIfAborted();
      const look = await lookAt(wait);
      if (typeof look === 'string' && others.length === 0) return null;
      problems = typeof look === 'string' ? [look] : otherApiServersDown(look, node.name, others);
      if (typeof look !== 'string' && problems.length === 0) return look;
      if (elapsedMs() >= deadline) throw notUp(wait, problems);
      await sleep(pauses.next().value, undefined, { signal });
    }
  });
}

async function lookAt({ kube, input, signal }: ApiServerWait): Promise<ControlPlaneNow | string> {
  try {
    await plannedNode(kube, input);
    const now = await readControlPlane(kube);
    requireUnmoved(now, input.node, input.node.first ? 'apply' : 'node');
    return now;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ApplicationFailure) || error.nonRetryable === true) throw error;
    return error.message;
  }
}

function notUp({ input: { node: { name } }, timeoutMs }: ApiServerWait, problems: readonly string[]): Error {
  return stepError(
    'GateTimeout',
    `The API server of ${name} is not replaced: those beside it were not all up within ${(timeoutMs ?? WAIT_MS) / 1000} s: ${problems.join('; ')}`,
    `bring them back (\`kubectl -n kube-system get pods -l component=kube-apiserver -o wide\`), then \`capstan retry ${name}\``,
  );
}
