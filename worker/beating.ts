import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { keepBeating } from '../activities/keep-beating.ts';

/** Every activity of the worker beats from its beginning to its end, whatever it waits for. */
export const beatingActivities: ActivityInterceptorsFactory = () => ({
  inbound: { execute: (input, next) => keepBeating(() => next(input)) },
});
