import { createHash } from 'node:crypto';
import { stepError } from '../../step-error.ts';
import type { ClaimedStep, StepKey } from '../port.ts';

/** Where hosts keep what ran on them, by default. */
export const STATE_FOLDER = '/var/lib/capstan';

/** systemd allows 255 characters in a unit's name; the rest is for the intent's number and ".service". */
const UNIT_NAME_LENGTH = 230;

/**
 * Arguments that name a step to the protocol's scripts: folder of all, upgrade, node, step, and the unit's name without the
 * intent's number.
 *
 * @throws SpecInvalid for a name that is no plain path segment
 */
export function stepArguments(stateFolder: string, key: StepKey): readonly string[] {
  for (const name of [key.upgrade, key.node, key.step]) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(name)) {
      throw stepError('SpecInvalid', `"${name}" cannot name a folder on a host: only letters, digits, dots, dashes and underscores can.`);
    }
  }
  return [stateFolder, key.upgrade, key.node, key.step, unitName(key)];
}

/** The caller's token as fence.sh takes it. */
export function fenceToken({ fence: { turn = 0, epochMs, order = 0, attempt, attemptMs = 0 } }: Pick<ClaimedStep, 'fence'>): string {
  return [turn, epochMs, order, attempt, attemptMs].map(String).join(' ');
}

/** `capstan-<upgrade>-<node>-<step>`; where that is too long, a hash takes the place of its end. */
export function unitName(key: StepKey): string {
  const name = `capstan-${key.upgrade}-${key.node}-${key.step}`;
  if (name.length <= UNIT_NAME_LENGTH) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return `${name.slice(0, UNIT_NAME_LENGTH - 17)}-${hash}`;
}
