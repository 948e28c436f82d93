import type { WorkerInterceptors } from '@temporalio/worker';
import { waitBeating } from '../support/wait-beating.ts';
import { gate } from '../workflows/harness.ts';

/** One activity, and where it has several nodes, of one of them. */
export interface Moment {
  readonly activity: string;
  readonly node?: string;
  /** Which try of it, by the engine or by a person. Default 1. */
  readonly call?: number;
}

/** Keeps an upgrade at a moment, as if that step took its time. */
export interface Brake {
  readonly interceptors: WorkerInterceptors;
  /** Resolves when the activity is called. */
  readonly reached: Promise<void>;
  /** Lets it go on: a worker ends only after its activities. */
  readonly release: () => void;
}

export function brakeAt(moment: Moment | undefined): Brake {
  const reached = gate();
  const released = gate();
  let calls = 0;
  return {
    reached: reached.opened,
    release: released.open,
    interceptors: {
      activity: [({ info }) => ({
        inbound: {
          execute: async (input, next) => {
            if (moment !== undefined && info.activityType === moment.activity && (moment.node === undefined || nodeOf(input.args[0]) === moment.node)) {
              calls += 1;
              if (calls === (moment.call ?? 1)) {
                reached.open();
                await waitBeating(released.opened);
              }
            }
            return next(input);
          },
        },
      })],
    },
  };
}

function nodeOf(input: unknown): string | null {
  if (typeof input !== 'object' || input === null || !('node' in input)) return null;
  const { node } = input;
  return typeof node === 'object' && node !== null && 'name' in node && typeof node.name === 'string' ? node.name : null;
}
