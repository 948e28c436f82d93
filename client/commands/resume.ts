import { setTimeout as delay } from 'node:timers/promises';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CommandContext } from '../context.ts';
import { approvalLines, problemLines, resumedLines } from '../render/resumed.ts';
import { heldNames, send, statusIfAnswered, withRunningUpgrade } from '../running-upgrade.ts';
import type { RunningUpgrade } from '../running-upgrade.ts';
import { said } from './control.ts';
import type { ReasonOptions } from './control.ts';
import type { UpgradeStatus } from '../../workflows/domain/status.ts';

export interface ResumeOptions extends ReasonOptions {
  /** Goes on without what the plan has grown by. */
  readonly ignoreNew: boolean;
}

/** How often the status is asked for, and how long: reading a cluster takes seconds, and its retries half a minute. */
const LOOK_MS = 500;
const PATIENCE_MS = 60_000;

/** Asks to go on, and says what the cluster was found to be. Ends with 4 where the upgrade stays paused. */
export async function resume(context: CommandContext, options: ResumeOptions): Promise<ExitCode> {
  const message = { ...said(options), ...(options.ignoreNew ? { ignoreNew: true } : {}) };
  let code: ExitCode = EXIT.ok;
  await withRunningUpgrade(context, options, async (upgrade) => {
    let after: UpgradeStatus | null = null;
    const words = await send(upgrade, { kind: 'resume', message }, (status) => {
      after = status;
      return '';
    });
    if (after === null) return words;
    const status = await untilRead(context, upgrade, after);
    if (status.resuming === undefined && (status.pause !== null || status.approval !== undefined)) code = EXIT.held;
    return outcomeOf(upgrade, status);
  });
  return code;
}

async function untilRead({ terminal }: CommandContext, { client, cluster }: RunningUpgrade, first: UpgradeStatus): Promise<UpgradeStatus> {
  let status = first;
  const deadlineMs = performance.now() + PATIENCE_MS;
  if (status.resuming !== undefined) terminal.say(`${cluster} is read again before anything begins …`);
  while (status.resuming !== undefined && performance.now() < deadlineMs) {
    await delay(LOOK_MS);
    status = await statusIfAnswered(client, cluster) ?? status;
  }
  return status;
}

function outcomeOf({ cluster, before }: RunningUpgrade, status: UpgradeStatus): string {
  const found = before?.resumed?.at === status.resumed?.at ? [] : resumedLines(status);
  return [...found, ...conclusion(cluster, before, status)].join('\n');
}

function conclusion(cluster: string, before: UpgradeStatus | null, status: UpgradeStatus): readonly string[] {
  if (status.resuming !== undefined) return [`The upgrade of ${cluster} goes on once the cluster was read. Follow it with: capstan watch --cluster ${cluster}`];
  if (status.approval !== undefined) return approvalLines(status.approval, cluster);
  if (status.pause !== null) return problemLines(status, cluster);
  if (status.state === 'held') return [`The upgrade of ${cluster} is not paused, but held: ${heldNames(status)} needs \`capstan retry\` or \`capstan skip\``];
  if (before?.pause === null) return [`The upgrade of ${cluster} was not paused; a pause set for later is taken back`];
  return [`The upgrade of ${cluster} goes on`];
}
