import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from '@temporalio/worker';
import { setTimeout as delay } from 'node:timers/promises';
import type { TemporalAccess } from './config.ts';
import { connect } from './create-worker.ts';
import { temporalIdentity } from './temporal/identity.ts';

export interface ReachedTemporal {
  readonly connection: NativeConnection;
  /** See `temporalIdentity`. */
  readonly identity: string | null;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
const SAY_MS = 30_000;

// Codes of gRPC: of a server that is away, or comes up.
const AWAY: readonly unknown[] = [4, 8, 14];

/**
 * Connects, and waits for as long as nobody answers: a worker may come up before its Temporal. Says so at once, and every half a
 * minute. Null where it was told to end meanwhile.
 * @throws Error where another try meets the same end: a TLS file that cannot be read, a namespace that Temporal does not have.
 */
export async function reachTemporal(temporal: TemporalAccess, logger: Logger, asked: AbortSignal): Promise<ReachedTemporal | null> {
  const toldToEnd = new Promise<null>((resolve) => { asked.addEventListener('abort', () => resolve(null), { once: true }); });
  let saidMs = -Infinity;
  for (let pauseMs = FIRST_PAUSE_MS; !asked.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await Promise.race([reach(temporal), toldToEnd]);
    } catch (error) {
      if (!isAway(error)) throw error;
      if (performance.now() - saidMs >= SAY_MS) {
        logger.warn('Temporal does not answer: nothing is polled; trying again until it does', { address: temporal.address, cause: error instanceof Error ? error.message : String(error) });
        saidMs = performance.now();
      }
      await Promise.race([delay(pauseMs), toldToEnd]);
    }
  }
  return null;
}

async function reach(temporal: TemporalAccess): Promise<ReachedTemporal> {
  const connection = await connect(temporal);
  try {
    return { connection, identity: await temporalIdentity(connection, temporal.namespace) };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function isAway(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TemporalAway' || ('code' in error && AWAY.includes(error.code)));
}
