import { randomInt } from 'node:crypto';
import { isFree } from '../../simulator/demo/free-port.ts';

/** Below what Linux hands out by itself: no connection and no server on port 0 of another test takes it in between. */
const FIRST_PORT = 12_000;
const LAST_PORT = 32_000;
const MOST_TRIES = 100;

/** A port for a program that starts in a moment. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    if (await isFree(port)) return port;
  }
  throw new Error(`none of ${MOST_TRIES} ports between ${FIRST_PORT} and ${LAST_PORT} is free`);
}
