import type { Failure } from '../workflows/domain/failure.ts';
import { CommandError } from './command-error.ts';

/** The worker could not read the cluster, or not as the spec says. */
export class InspectionError extends CommandError {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message, { next: failure.next });
    this.name = 'InspectionError';
    this.failure = failure;
  }
}
