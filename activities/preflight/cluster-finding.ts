import type { Finding } from '../../workflows/domain/check.ts';
import type { CheckId } from '../../workflows/domain/checks.ts';

/** A check that holds. */
export function hold(check: CheckId, message: string): Finding {
  return { check, severity: 'info', node: null, message, next: null };
}

/** Findings of one check, or the one that says that it holds. */
export function orHold(findings: readonly Finding[], check: CheckId, message: string): Finding[] {
  return findings.length > 0 ? [...findings] : [hold(check, message)];
}
