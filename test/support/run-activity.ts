import { MockActivityEnvironment } from '@temporalio/testing';
import type { StepProgress } from '../../workflows/domain/step.ts';
import type { Failure, FailureType } from '../../workflows/domain/failure.ts';
import { ApplicationFailure } from '@temporalio/common';
import type { Logger } from '@temporalio/common';

export interface RunningActivity<R> {
  readonly result: Promise<R>;
  readonly heartbeats: readonly StepProgress[];
  /** Resolves with the first heartbeat, past or coming, that fits. */
  heartbeat(fits: (progress: StepProgress) => boolean): Promise<StepProgress>;
  cancel(): void;
}

/** Failures are what many tests are about: they need no log. */
const SILENT: Logger = { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {}

/** Runs an activity as a worker would. */
export function runActivity<I, R>(activity: (input: I) => Promise<R>, input: I, attempt = 1): RunningActivity<R> {
  const environment = new MockActivityEnvironment({ attempt }, { logger: SILENT });
  const heartbeats: StepProgress[] = [];
  const waiting: { readonly fits: (progress: StepProgress) => boolean; readonly resolve: (progress: StepProgress) => void }[] = [];
  environment.on('heartbeat', (progress: StepProgress) => {
    heartbeats.push(progress);
    for (const waiter of waiting) if (waiter.fits(progress)) waiter.resolve(progress);
  });
  const result: Promise<R> = environment.run(activity, input);
  result.catch(() => undefined);
  return {
    result,
    heartbeats,
    heartbeat: (fits) => {
      const seen = heartbeats.find(fits);
      if (seen !== undefined) return Promise.resolve(seen);
      return Promise.race([new Promise<StepProgress>((resolve) => waiting.push({ fits, resolve })), result.then((value) => Promise.reject(new Error(`ended before: ${JSON.stringify(value)}`)))]);
    },
    cancel: () => environment.cancel(),
  };
}

/** The failure that an activity must end with. */
export async function failureOf(result: Promise<unknown>): Promise<Failure & { readonly permanent: boolean }> {
  try {
    const value = await result;
    throw new Error(`no failure but ${JSON.stringify(value)}`);
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error;
    const failure = error.details?.[0] as Failure;
    return { ...failure, type: error.type as FailureType, permanent: error.nonRetryable === true };
  }
}
