import { usageError } from '../command-error.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CommandContext } from '../context.ts';
import { withRunningUpgrade } from '../running-upgrade.ts';
import { said } from './control.ts';
import type { ReasonOptions } from './control.ts';
import type { SetPolicyMessage } from '../../workflows/messages.ts';

const KEYS = ['maxUnavailable', 'drainTimeout'] as const;
const FORM = 'write maxUnavailable=3 or maxUnavailable=20%, drainTimeout=30m; POOL.maxUnavailable=3 for one pool';

/** Changes the policy of a running upgrade. Fails where the upgrade refuses a value; then none was set. */
export async function set(context: CommandContext, assignments: readonly string[], options: ReasonOptions): Promise<ExitCode> {
  const change = readAssignments(assignments);
  return withRunningUpgrade(context, options, async ({ client, cluster }) => {
    const { detail } = await client.update(cluster, { kind: 'setPolicy', message: { ...change, ...said(options) } });
    return `Set for the upgrade of ${cluster}: ${detail}. It holds from now on, for drains that run as well; what is in flight is not given back`;
  });
}

type Change = Pick<SetPolicyMessage, 'pool' | (typeof KEYS)[number]>;

/** Reads `[POOL.]KEY=VALUE`; all of them name the same pool, or none does. */
function readAssignments(assignments: readonly string[]): Change {
  const values: Partial<Record<(typeof KEYS)[number], string>> = {};
  const pools = new Set<string>();
  for (const assignment of assignments) {
    const match = /^(?:([^.=]+)\.)?([^.=]+)=(.+)$/.exec(assignment);
    const key = KEYS.find((known) => known === match?.[2]);
    const value = match?.[3];
    if (value === undefined || key === undefined) throw usageError(`${assignment} sets nothing that is known`, FORM);
    if (values[key] !== undefined) throw usageError(`${key} is set twice`, 'give it once; another pool needs a command of its own');
    values[key] = value;
    pools.add(match?.[1] ?? '');
  }
  const [pool = '', another] = pools;
  if (another !== undefined) throw usageError('one command sets one pool, or all of them', 'give each pool a command of its own');
  const { maxUnavailable, drainTimeout } = values;
  return {
    ...(pool === '' ? {} : { pool }),
    ...(maxUnavailable === undefined ? {} : { maxUnavailable: /^\d{1,6}$/.test(maxUnavailable) ? Number(maxUnavailable) : maxUnavailable }),
    ...(drainTimeout === undefined ? {} : { drainTimeout }),
  };
}
