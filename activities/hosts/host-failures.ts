import type { ApplicationFailure } from '@temporalio/common';
import { stepError } from '../step-error.ts';
import type { HostAddress } from './port.ts';

/** The host as messages name it. */
export function labelOf(host: HostAddress): string {
  return `${host.name} (${host.address}:${String(host.port)})`;
}

/** The host could not be reached, or what it was asked ended without an answer. Temporal tries again. */
export function unreachable(label: string, cause: string): ApplicationFailure {
  return stepError('HostUnreachable', `${label}: ${cause}`, 'Check that the host is up and that SSH answers; it is tried again by itself.');
}

/** The text of any error, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
