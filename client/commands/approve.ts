import { CommandError, usageError } from '../command-error.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CommandContext } from '../context.ts';
import { planTable } from '../render/plan.ts';
import { approvalLines, resumedLines } from '../render/resumed.ts';
import { send, withRunningUpgrade } from '../running-upgrade.ts';
import type { RunningUpgrade } from '../running-upgrade.ts';
import { said } from './control.ts';
import type { ReasonOptions } from './control.ts';
import { planHashProblem } from '../../workflows/domain/hash-plan.ts';
import type { UpgradeStatus } from '../../workflows/domain/status.ts';

export interface ApproveOptions extends ReasonOptions {
  /** Says yes to this plan and no other, without asking. */
  readonly planHash?: string;
  /** False under `--no-input`: nothing is asked. */
  readonly input: boolean;
}

type Approval = NonNullable<UpgradeStatus['approval']>;

/** Says yes to the plan that waits: the one that was shown, or that the hash names. */
export async function approve(context: CommandContext, options: ApproveOptions): Promise<ExitCode> {
  const { planHash } = options;
  const canAsk = options.input && context.terminal.canAsk;
  if (planHash === undefined && !canAsk) throw usageError('nobody can be asked here, so nothing was approved', 'name the plan with --plan-hash HASH; `capstan status` shows the one that waits');
  const problem = planHash === undefined ? null : planHashProblem(planHash);
  if (problem !== null) throw usageError(`--plan-hash: ${problem}`, 'nothing was approved; `capstan status` shows the hash of the plan that waits, and `capstan approve` shows the plan and asks');
  return withRunningUpgrade(context, options, async (upgrade) => {
    const { client, cluster, before } = upgrade;
    if (before === null) return approveUnseen(upgrade, planHash, options);
    const { approval } = before;
    if (approval === undefined) throw new CommandError(`no plan of ${cluster} waits for approval`, { next: `capstan status --cluster ${cluster}` });
    if (planHash === undefined) await ask(context, upgrade, approval, before);
    await client.update(cluster, { kind: 'approve', message: { planHash: planHash ?? approval.planHash, ...said(options) } });
    return `The plan ${planHash ?? approval.planHash} is approved. ${cluster} is read once more: where it is still as approved, the upgrade goes on. Follow it with: capstan watch --cluster ${cluster}`;
  });
}

async function ask({ terminal }: CommandContext, { client, cluster }: RunningUpgrade, approval: Approval, status: UpgradeStatus): Promise<void> {
  const options = { colour: terminal.colour, columns: terminal.columns() };
  if (approval.kind === 'start') terminal.out(`${planTable(await client.plan(cluster), false, options)}\n`);
  else terminal.out(`${[...resumedLines(status), ...approvalLines(approval, cluster)].join('\n')}\n`);
  const answer = await terminal.ask(`\nApprove this plan of ${cluster}? Only "yes" does: `);
  if (answer.trim() !== 'yes') throw new CommandError('nothing was approved', { next: declined(approval, cluster) });
}

function declined({ kind }: Approval, cluster: string): string {
  const cancel = `capstan cancel --cluster ${cluster}`;
  return kind === 'start' ? `${cancel}, where it is not to begin` : `capstan resume --ignore-new --cluster ${cluster} goes on without what is new, and ${cancel} ends it`;
}

/** Without a worker a word waits in Temporal, and is judged by the upgrade when one runs. */
async function approveUnseen(upgrade: RunningUpgrade, planHash: string | undefined, options: ReasonOptions): Promise<string> {
  if (planHash === undefined) throw new CommandError('no worker answers, so the plan that waits cannot be shown', { exitCode: 75, next: 'start one with: capstan worker' });
  return send(upgrade, { kind: 'approve', message: { planHash, ...said(options) } }, () => `The plan ${planHash} is approved`);
}
