import { stepError } from '../../step-error.ts';

/** The failure of a caller that a later one has replaced. `step` says what and where; the rest is the later one's token. */
export function superseded(step: string, epochMs: number, attempt: number): Error {
  return stepError('Superseded', `${step}: a later attempt, rollback or restore owns this step (run of ${new Date(epochMs).toISOString()}, attempt ${String(attempt)}).`, 'See what the node is at now (`capstan status`): what took the step over goes on by itself.');
}
