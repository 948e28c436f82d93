import { approveUpdate, pauseSignal, resumeSignal, statusQuery } from '../../workflows/messages.ts';
import type { UpgradeReport, UpgradeStatus } from '../../workflows/domain/status.ts';
import { until } from './harness.ts';
import type { Setting, Trial } from './harness.ts';

/** What happens to a worker after its staging. */
export const STEPS = ['upgradeKubeadm', 'drainNode', 'upgradeKubelet', 'waitNodeReady', 'uncordonNode'];

/** Paused after the control plane, before any worker. */
export const SETTING: Setting = { controlPlanes: 1, workers: 4 };

export async function paused(trial: Trial, after = 'control-plane'): Promise<void> {
  await trial.handle.signal(pauseSignal, { after, by: 'ann', reason: 'weekend' });
  await until(trial, ({ pause }) => pause !== null);
}

/** The status once the cluster was read for the resume, whether the upgrade goes on or not. */
export async function resumed(trial: Trial, message: { readonly ignoreNew?: boolean } = {}): Promise<UpgradeStatus> {
  const before = (await trial.handle.query(statusQuery)).resumed?.at;
  await trial.handle.signal(resumeSignal, { by: 'ann', ...message });
  return until(trial, (status) => status.resumed !== undefined && status.resumed.at !== before && status.resuming === undefined);
}

export async function approve({ handle }: Trial, planHash: string): Promise<void> {
  await handle.executeUpdate(approveUpdate, { args: [{ planHash, by: 'bob', reason: 'seen' }] });
}

export function stepsOf({ cluster: { journal } }: Trial, name: string): readonly string[] {
  return journal.filter((entry) => entry.endsWith(` ${name}`)).map((entry) => entry.split(' ')[0] ?? '');
}

export function statesOf({ nodes }: UpgradeReport): readonly string[] {
  return nodes.filter(({ name }) => name.startsWith('w')).map(({ name, state, note }) => [name, state, ...(note === undefined ? [] : [note])].join(' '));
}

export async function runIdOf({ handle }: Trial): Promise<string> {
  return (await handle.describe()).runId;
}

export async function reads({ handle }: Trial): Promise<number> {
  const { events } = await handle.fetchHistory();
  return events?.filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'planUpgrade').length ?? 0;
}
