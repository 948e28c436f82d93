import { usageError } from '../command-error.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CommandContext } from '../context.ts';
import { person } from '../person.ts';
import { movingNodes, nodeNames, send, withRunningUpgrade } from '../running-upgrade.ts';
import type { WhichOptions } from '../which-cluster.ts';
import { PAUSABLE_PHASES, pauseAfterRefusal } from '../../workflows/domain/apply-message.ts';
import type { UpgradeStatus } from '../../workflows/domain/status.ts';

export interface PauseOptions extends WhichOptions {
  readonly now: boolean;
  readonly after?: string;
  readonly reason?: string;
}

export interface ReasonOptions extends WhichOptions {
  readonly reason?: string;
}

export async function pause(context: CommandContext, options: PauseOptions): Promise<ExitCode> {
  const { now, after, reason } = options;
  if (now && after !== undefined) throw usageError('--now and --after exclude each other', 'give one of them');
  const message = { by: person(), ...(now ? { now } : {}), ...(after === undefined ? {} : { after }), ...(reason === undefined ? {} : { reason }) };
  return withRunningUpgrade(context, options, async (upgrade) => {
    if (after !== undefined && upgrade.before !== null) refuseAfter(upgrade.before, after);
    return send(upgrade, { kind: 'pause', message }, (status) => {
      const resume = `capstan resume --cluster ${upgrade.cluster}`;
      if (after !== undefined) return `The upgrade of ${upgrade.cluster} pauses once ${after} is done. Take it back with: ${resume}`;
      const moving = movingNodes(status);
      const first = moving.length === 0 ? '' : now ? ` ${moving.join(', ')} stops after the step under way.` : ` ${moving.join(', ')} is finished first.`;
      return `The upgrade of ${upgrade.cluster} is paused: no further node starts.${first} Go on with: ${resume}`;
    });
  });
}

export async function cancel(context: CommandContext, options: ReasonOptions): Promise<ExitCode> {
  return withRunningUpgrade(context, options, (upgrade) => send(upgrade, { kind: 'cancel', message: said(options) }, (status) => {
    const moving = movingNodes(status);
    const first = moving.length === 0 ? '' : ` ${moving.join(', ')}: given back where nothing was changed yet, and finished otherwise.`;
    return `The upgrade of ${upgrade.cluster} is cancelled: no further node starts, and what is ours is released.${first} What was done: capstan report --cluster ${upgrade.cluster}`;
  }));
}

/** Who says something, and why. */
export function said({ reason }: ReasonOptions): { readonly by: string; readonly reason?: string } {
  return { by: person(), ...(reason === undefined ? {} : { reason }) };
}

function refuseAfter(status: UpgradeStatus, after: string): void {
  const refusal = pauseAfterRefusal(after, {
    phase: status.phase, phasesDone: [],
    isGoingBack: status.decisions.some(({ kind, detail, refusal: refused }) => kind === 'rollback' && detail === 'workers' && refused === null),
    node: (name) => status.nodes.find((node) => node.name === name) ?? null,
  });
  if (refusal !== null) throw usageError(refusal, `nodes: ${nodeNames(status)}; phases: ${PAUSABLE_PHASES.join(', ')}`);
}
