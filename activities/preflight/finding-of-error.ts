import { ApplicationFailure } from '@temporalio/common';
import type { Finding } from '../../workflows/domain/check.ts';
import type { CheckId } from '../../workflows/domain/checks.ts';

/** A check that could not be made, as a finding that blocks: the error's own words and next step. */
export function findingOfError(check: CheckId, node: string | null, error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error);
  return { check, severity: 'block', node, message, next: nextOf(error) };
}

function nextOf(error: unknown): string | null {
  if (!(error instanceof ApplicationFailure)) return null;
  const detail: unknown = error.details?.[0];
  if (typeof detail !== 'object' || detail === null || !('next' in detail)) return null;
  return typeof detail.next === 'string' ? detail.next : null;
}
