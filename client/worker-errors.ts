import { CommandError } from './command-error.ts';

/** Runs the worker's code; its errors are written for people, next step included. */
export async function told(body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    throw error instanceof Error ? new CommandError(error.message) : error;
  }
}
