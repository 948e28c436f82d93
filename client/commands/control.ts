import { CommandError, usageError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { withClient } from '../context.ts';
import type { CommandContext } from '../context.ts';
import { person } from '../person.ts';
import type { ControlMessage, UpgradeClient } from '../temporal/port.ts';
import { whichCluster } from '../which-cluster.ts';
import type { WhichOptions } from '../which-cluster.ts';
import { NODE_STEPS, UPGRADE_PHASES } from '../../workflows/domain/state.ts';
import type { NodeState } from '../../workflows/domain/state.ts';
import type { NodeStatus, UpgradeStatus } from '../../workflows/domain/status.ts';

export interface PauseOptions extends WhichOptions {
  readonly now: boolean;
  readonly after?: string;
  readonly reason?: string;
}

export interface SkipOptions extends WhichOptions {
  readonly reason?: string;
}

export interface RetryOptions extends WhichOptions {
  readonly from?: string;
  readonly force: boolean;
}

const AT_REST: readonly NodeState[] = ['pending', 'done', 'skipped', 'held', 'rolled-back'];

/** Phases that a pause can follow; the others end the upgrade. */
const PHASES = UPGRADE_PHASES.slice(0, UPGRADE_PHASES.indexOf('verify'));

export async function pause(context: CommandContext, options: PauseOptions): Promise<ExitCode> {
  const { now, after, reason } = options;
  if (now && after !== undefined) throw usageError('--now and --after exclude each other', 'give one of them');
  const message = { by: person(), ...(now ? { now } : {}), ...(after === undefined ? {} : { after }), ...(reason === undefined ? {} : { reason }) };
  return control(context, options, { kind: 'pause', message }, (before) => {
    if (after !== undefined && !isKnown(before, after)) throw usageError(`${after} is neither a node nor a phase of this upgrade`, `nodes: ${nodeNames(before)}; phases: ${PHASES.join(', ')}`);
  }, (cluster, status) => {
    if (after !== undefined) return `The upgrade of ${cluster} pauses once ${after} is done. Take it back with: capstan resume --cluster ${cluster}`;
    const moving = status.nodes.filter(({ state }) => !AT_REST.includes(state)).map(({ name }) => name);
    const first = moving.length === 0 ? '' : now ? ` ${moving.join(', ')} stops after the step under way.` : ` ${moving.join(', ')} is finished first.`;
    return `The upgrade of ${cluster} is paused: no further node starts.${first} Go on with: capstan resume --cluster ${cluster}`;
  });
}

export async function resume(context: CommandContext, options: WhichOptions): Promise<ExitCode> {
  let wasPaused = false;
  return control(context, options, { kind: 'resume', message: { by: person() } }, (before) => { wasPaused = before.pause !== null; }, (cluster, status) => {
    if (status.state === 'held') return `The upgrade of ${cluster} is not paused, but held: ${heldNames(status)} needs \`capstan retry\` or \`capstan skip\``;
    return wasPaused ? `The upgrade of ${cluster} goes on` : `The upgrade of ${cluster} was not paused; a pause set for later is taken back`;
  });
}

export async function skip(context: CommandContext, name: string, options: SkipOptions): Promise<ExitCode> {
  const message = { node: name, by: person(), ...(options.reason === undefined ? {} : { reason: options.reason }) };
  return control(context, options, { kind: 'skipNode', message }, (before) => {
    const { state } = requireNode(before, name);
    if (state === 'done' || state === 'rolled-back') throw new CommandError(`${name} is ${state} already: there is nothing to skip`);
  }, (cluster, status) => {
    const { state, step } = requireNode(status, name);
    if (state === 'skipped' || state === 'pending' || state === 'held') return `${name} is left as it is: the upgrade of ${cluster} goes on without it`;
    return `${name} is ${state} (${step ?? 'no step'}): it is given back where its kubelet, or a control-plane node's etcd member, was not touched yet, and finished otherwise`;
  });
}

export async function retry(context: CommandContext, name: string, options: RetryOptions): Promise<ExitCode> {
  const { from, force } = options;
  if (from !== undefined && !NODE_STEPS.some((step) => step === from)) throw usageError(`there is no step ${from}`, `steps are ${NODE_STEPS.join(', ')}`);
  const message = { node: name, by: person(), ...(from === undefined ? {} : { from }), ...(force ? { force } : {}) };
  return control(context, options, { kind: 'retryNode', message }, (before) => {
    const { state } = requireNode(before, name);
    if (state !== 'held') throw new CommandError(`${name} is ${state}, not held: only a held node is tried again`, { next: heldNames(before) === '' ? 'no node is held' : `held: ${heldNames(before)}` });
  }, (cluster) => `${name} is tried again${from === undefined ? '' : ` from ${from}`}. Follow it with: capstan watch --cluster ${cluster}`);
}

/** Sends a message to a running upgrade. Without a worker it cannot be checked first, but waits in Temporal for one. */
async function control(
  context: CommandContext, options: WhichOptions, message: ControlMessage,
  refuse: (before: UpgradeStatus) => void, words: (cluster: string, after: UpgradeStatus) => string,
): Promise<ExitCode> {
  return withClient(context, async (client) => {
    const cluster = await whichCluster(context, client, options);
    await requireRunning(client, cluster);
    const before = await statusIfAnswered(client, cluster);
    if (before !== null) refuse(before);
    await client.send(cluster, message);
    const after = before === null ? null : await statusIfAnswered(client, cluster);
    context.terminal.say(after === null ? `No worker answers: the message waits in Temporal, and takes effect when one runs (start one with: capstan worker)` : words(cluster, after));
    return EXIT.ok;
  });
}

export async function requireRunning(client: UpgradeClient, cluster: string): Promise<void> {
  const found = await client.find(cluster);
  if (found === null) throw new CommandError(`no upgrade of ${cluster} is known`, { next: 'capstan list' });
  if (found.endedAt !== null) throw new CommandError(`the upgrade of ${cluster} has ended: ${found.state}`, { next: `capstan report --cluster ${cluster}` });
}

async function statusIfAnswered(client: UpgradeClient, cluster: string): Promise<UpgradeStatus | null> {
  try {
    return await client.status(cluster);
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === EXIT.unreachable) return null;
    throw error;
  }
}

function requireNode(status: UpgradeStatus, name: string): NodeStatus {
  const node = status.nodes.find((other) => other.name === name);
  if (node !== undefined) return node;
  throw new CommandError(`${status.cluster} has no node ${name} in this upgrade`, { next: `nodes: ${nodeNames(status)}` });
}

function isKnown(status: UpgradeStatus, after: string): boolean {
  return status.nodes.some(({ name }) => name === after) || PHASES.some((phase) => phase === after);
}

function nodeNames({ nodes }: UpgradeStatus): string {
  const names = nodes.map(({ name }) => name);
  return names.length <= 20 ? names.join(', ') : `${names.slice(0, 20).join(', ')} and ${names.length - 20} more`;
}

function heldNames({ nodes }: UpgradeStatus): string {
  return nodes.filter(({ state }) => state === 'held').map(({ name }) => name).join(', ');
}
