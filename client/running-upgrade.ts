import { CommandError } from './command-error.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { withClient } from './context.ts';
import type { CommandContext } from './context.ts';
import { pausedError } from './temporal/own-controls.ts';
import type { ControlMessage, UpgradeClient } from './temporal/port.ts';
import { whichCluster } from './which-cluster.ts';
import type { WhichOptions } from './which-cluster.ts';
import type { Decision } from '../workflows/domain/decision.ts';
import type { NodeState } from '../workflows/domain/state.ts';
import type { NodeStatus, UpgradeStatus } from '../workflows/domain/status.ts';

const AT_REST: readonly NodeState[] = ['pending', 'done', 'skipped', 'held', 'rolled-back'];

/** A running upgrade that a command speaks to. */
export interface RunningUpgrade {
  readonly client: UpgradeClient;
  readonly cluster: string;
  /** Null where no worker answers. */
  readonly before: UpgradeStatus | null;
}

/** Runs `body` on an upgrade that runs, and says what it answers. Fails where the upgrade has ended. */
export async function withRunningUpgrade(context: CommandContext, options: WhichOptions, body: (upgrade: RunningUpgrade) => Promise<string>): Promise<ExitCode> {
  return withClient(context, async (client) => {
    const cluster = await whichCluster(context, client, options);
    await requireRunning(client, cluster);
    await requireUnpaused(client, cluster);
    context.terminal.say(await body({ client, cluster, before: await statusIfAnswered(client, cluster) }));
    return EXIT.ok;
  });
}

/** Sends a signal, and answers with `words`. Without a worker it waits in Temporal for one. Fails where the upgrade refused it. */
export async function send({ client, cluster, before }: RunningUpgrade, message: ControlMessage, words: (after: UpgradeStatus) => string): Promise<string> {
  await client.send(cluster, message);
  const after = before === null ? null : await statusIfAnswered(client, cluster);
  if (before === null || after === null) return 'No worker answers: the message waits in Temporal, and takes effect when one runs (start one with: capstan worker)';
  const refusal = newDecisions(before, after).findLast(({ by }) => by === message.message.by)?.refusal ?? null;
  if (refusal !== null) throw new CommandError(refusal, { next: `nothing was changed; capstan status --cluster ${cluster}` });
  return words(after);
}

/** Times are in order, and a decision is heard at a time of its own. */
function newDecisions(before: UpgradeStatus, after: UpgradeStatus): readonly Decision[] {
  const last = before.decisions.at(-1)?.at ?? '';
  return after.decisions.filter(({ at }) => at > last);
}

async function requireRunning(client: UpgradeClient, cluster: string): Promise<void> {
  const found = await client.find(cluster);
  if (found === null) throw new CommandError(`no upgrade of ${cluster} is known`, { next: 'capstan list' });
  if (found.endedAt !== null) throw new CommandError(`the upgrade of ${cluster} has ended: ${found.state}`, { next: `capstan report --cluster ${cluster}` });
}

/** A workflow that Temporal has paused would hear of it only afterwards. */
async function requireUnpaused(client: UpgradeClient, cluster: string): Promise<void> {
  const pause = (await client.pauses(cluster)).find(({ node, step }) => node === null && step === null);
  if (pause !== undefined) throw pausedError(cluster, pause);
}

/** Null where no worker answers. */
export async function statusIfAnswered(client: UpgradeClient, cluster: string): Promise<UpgradeStatus | null> {
  try {
    return await client.status(cluster);
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === EXIT.unreachable) return null;
    throw error;
  }
}

export function requireNode(status: UpgradeStatus, name: string): NodeStatus {
  const node = status.nodes.find((other) => other.name === name);
  if (node !== undefined) return node;
  throw new CommandError(`${status.cluster} has no node ${name} in this upgrade`, { next: `nodes: ${nodeNames(status)}` });
}

/** Names of nodes in flight. */
export function movingNodes({ nodes }: UpgradeStatus): readonly string[] {
  return nodes.filter(({ state }) => !AT_REST.includes(state)).map(({ name }) => name);
}

export function nodeNames({ nodes }: UpgradeStatus): string {
  const names = nodes.map(({ name }) => name);
  return names.length <= 20 ? names.join(', ') : `${names.slice(0, 20).join(', ')} and ${names.length - 20} more`;
}

export function heldNames({ nodes }: UpgradeStatus): string {
  return nodes.filter(({ state }) => state === 'held').map(({ name }) => name).join(', ');
}
