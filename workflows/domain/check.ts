import type { CheckId } from './checks.ts';

export const SEVERITIES = ['block', 'warn', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One finding of the preflight or of `doctor`. `info` is a check that holds. */
export interface Finding {
  /** Which of the table in checks.ts. */
  readonly check: CheckId;
  readonly severity: Severity;
  /** Node or host it is about; null for the cluster. */
  readonly node: string | null;
  /** What was found, with cause. */
  readonly message: string;
  /** What to do about it; null where nothing is to be done. */
  readonly next: string | null;
}
