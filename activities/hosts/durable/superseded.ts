import { stepError } from '../../step-error.ts';

/** The failure of a caller that a newer one has replaced. `step` says what and where; the rest is the newer one's token. */
export function superseded(step: string, epochMs: number, attempt: number): Error {
  return stepError('Superseded', `${step}: a newer attempt owns this step (run of ${new Date(epochMs).toISOString()}, attempt ${String(attempt)}).`, 'Nothing to do: the newer attempt goes on.');
}
