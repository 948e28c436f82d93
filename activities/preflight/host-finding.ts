import { ApplicationFailure } from '@temporalio/common';
import type { Finding, Severity } from '../../workflows/domain/check.ts';
import type { CheckId } from '../../workflows/domain/checks.ts';
import type { HostAddress } from '../hosts/port.ts';
import { failureTypeOf } from '../step-error.ts';

const ACCESS = 'host-access';
const IDENTITY = 'host-identity';

export function hostFinding(check: CheckId, severity: Severity, node: string | null, message: string, next: string | null = null): Finding {
  return { check, severity, node, message, next };
}

export function accessFinding(host: HostAddress): Finding {
  return hostFinding(ACCESS, 'info', host.name, `SSH and root commands work on ${host.name} (${host.address}).`);
}

/** What kept us out of a host, in the words of the failure. */
export function fromError(host: HostAddress, error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error);
  const named = message.includes(host.name) ? message : `${host.name} (${host.address}): ${message}`;
  return hostFinding(failureTypeOf(error) === 'HostIsNotNode' ? IDENTITY : ACCESS, 'block', host.name, named, nextOf(error));
}

/** False where the way in is what failed, or leads to another machine. */
export function isReached(findings: readonly Finding[]): boolean {
  return !findings.some((finding) => (finding.check === ACCESS || finding.check === IDENTITY) && finding.severity === 'block');
}

function nextOf(error: unknown): string {
  const details: unknown = error instanceof ApplicationFailure && failureTypeOf(error) !== null ? error.details?.[0] : null;
  if (typeof details === 'object' && details !== null && 'next' in details && typeof details.next === 'string') return details.next;
  return 'Correct it, then run `capstan preflight` again.';
}
