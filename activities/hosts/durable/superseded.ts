import { stepError } from '../../step-error.ts';

/** The failure of a caller that a later one has replaced. `step` says what and where; the rest is of the later one's token. */
export function superseded(step: string, turn: number, runMs: number, attempt: number): Error {
  return stepError('Superseded', `${step}: a later attempt, rollback or restore owns this step (turn ${String(turn)}, run of ${new Date(runMs).toISOString()}, attempt ${String(attempt)}).`, 'See what the node is at now (`capstan status`): what took the step over goes on by itself.');
}
