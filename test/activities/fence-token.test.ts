/** What a step tells the host of itself, so that the later of two callers decides. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asClaimed, claimStep, runDurable } from '../../activities/durable-step.ts';
import type { ClaimedStep, Hosts } from '../../activities/hosts/port.ts';
import { requireRest } from '../../activities/packages/rollback-node.ts';
import { runActivity } from '../support/run-activity.ts';
import { packageInput, plannedNode } from '../steps/inputs.ts';

function watched(): { readonly hosts: Hosts; readonly seen: string[] } {
  const seen: string[] = [];
  const note = (call: string, { step, retry, fence: { turn, epochMs, order, attempt, attemptMs } }: ClaimedStep): void => { seen.push(`${call} ${step} ${retry}: ${[turn, epochMs, order, attempt, attemptMs].join(' ')}`); };
  const never = (): Promise<never> => Promise.reject(new Error('not asked'));
  return {
    seen,
    hosts: {
      probe: never, readOutput: never, download: never, upload: never,
      claimStep: async (_host, step) => {
        note('claim', step);
        return 'running';
      },
      runStep: async (_host, step) => {
        note('run', step);
        return { kind: 'finished', intent: 1, exitCode: 0, seconds: 1, tail: '', started: false };
      },
    },
  };
}

const INPUT = { ...packageInput(plannedNode('w1', 'worker'), { retry: 2 }), epochMs: 5_000 };
const SCRIPT = { name: 'test', text: '' };

test('the try at the node comes first, then its workflow run', async () => {
  const { hosts, seen } = watched();
  await runActivity(() => runDurable(hosts, INPUT, 'upgradeKubelet', SCRIPT, [], async () => 'rerun'), null, 3).result;
  assert.deepEqual(seen, ['run upgradeKubelet 2: 2 5000 0 3 1']);
});

test('a step that was found running is waited for under any retry, by the caller of now', async () => {
  const { hosts, seen } = watched();
  await runActivity(async () => {
    const state = await claimStep(hosts, INPUT, 'kubeadmUpgrade');
    return runDurable(hosts, asClaimed(INPUT, state), 'kubeadmUpgrade', SCRIPT, [], async () => 'rerun');
  }, null).result;
  assert.deepEqual(seen, ['claim kubeadmUpgrade 2: 2 5000 0 1 1', 'run kubeadmUpgrade 0: 2 5000 0 1 1']);
});

test('a rollback claims the steps of the upgrade as a later try', async () => {
  const { hosts, seen } = watched();
  await runActivity(() => requireRest(hosts, { ...INPUT, turn: INPUT.retry }, 'nothing was put back'), null).result.catch(() => undefined);
  assert.deepEqual(seen, ['claim upgradeKubeadm 0: 2 5000 0 1 1']);
});
