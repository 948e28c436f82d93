import { CommandError, usageError } from '../command-error.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CommandContext } from '../context.ts';
import { heldNames, requireNode, send, withRunningUpgrade } from '../running-upgrade.ts';
import { said } from './control.ts';
import type { ReasonOptions } from './control.ts';
import { NODE_STEPS } from '../../workflows/domain/state.ts';

export interface RetryOptions extends ReasonOptions {
  readonly from?: string;
  readonly force: boolean;
}

export interface ForceDrainOptions extends ReasonOptions {
  readonly confirm: string;
}

/** A held node is answered for at once; one before its turn, or in flight, hears of it as soon as it can. */
export async function skip(context: CommandContext, name: string, options: ReasonOptions): Promise<ExitCode> {
  const message = { node: name, ...said(options) };
  return withRunningUpgrade(context, options, async (upgrade) => {
    const { client, cluster, before } = upgrade;
    const node = before === null ? null : requireNode(before, name);
    if (node?.state === 'done' || node?.state === 'rolled-back') throw new CommandError(`${name} is ${node.state} already: there is nothing to skip`);
    const leftOut = `${name} is left as it is: the upgrade of ${cluster} goes on without it`;
    if (node?.state === 'held') {
      await client.update(cluster, { kind: 'resolveHold', message: { ...message, decision: 'skip' } });
      return leftOut;
    }
    return send(upgrade, { kind: 'skipNode', message }, (status) => {
      const { state, step } = requireNode(status, name);
      if (state === 'skipped' || state === 'pending' || state === 'held') return leftOut;
      return `${name} is ${state} (${step ?? 'no step'}): it is given back where its kubelet, or a control-plane node's etcd member, was not touched yet, and finished otherwise`;
    });
  });
}

export async function retry(context: CommandContext, name: string, options: RetryOptions): Promise<ExitCode> {
  const { from, force } = options;
  if (from !== undefined && !NODE_STEPS.some((step) => step === from)) throw usageError(`there is no step ${from}`, `steps are ${NODE_STEPS.join(', ')}`);
  const message = { node: name, ...said(options), ...(from === undefined ? {} : { from }), ...(force ? { force } : {}) };
  return withRunningUpgrade(context, options, async (upgrade) => {
    const { client, cluster, before } = upgrade;
    const words = `${name} is tried again${from === undefined ? '' : ` from ${from}`}. Follow it with: capstan watch --cluster ${cluster}`;
    if (before === null) return send(upgrade, { kind: 'retryNode', message }, () => words);
    const { state } = requireNode(before, name);
    if (state !== 'held') throw new CommandError(`${name} is ${state}, not held: only a held node is tried again`, { next: heldNames(before) === '' ? 'no node is held' : `held: ${heldNames(before)}` });
    await client.update(cluster, { kind: 'resolveHold', message: { ...message, decision: 'retry' } });
    return words;
  });
}

/** Fails where the upgrade refuses it, such as for a node that is not in its drain. */
export async function forceDrain(context: CommandContext, name: string, options: ForceDrainOptions): Promise<ExitCode> {
  return withRunningUpgrade(context, options, async ({ client, cluster, before }) => {
    if (before !== null) requireNode(before, name);
    if (options.confirm !== cluster) throw usageError(`--confirm ${options.confirm} is not the name of the cluster`, `to delete the pods that are left on ${name}: capstan force-drain ${name} --confirm ${cluster}`);
    await client.update(cluster, { kind: 'resolveHold', message: { node: name, decision: 'force-drain', confirm: options.confirm, ...said(options) } });
    return `The pods that are left on ${name} are deleted, past their budgets and with their grace periods. Follow it with: capstan watch --cluster ${cluster}`;
  });
}
