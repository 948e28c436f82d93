/** Waits for the test Service behind the load balancer. */
import { setTimeout as delay } from "node:timers/promises";

const answersInARow = 20;
const longestWaitMs = 60_000;

/**
 * Waits until the Service answers many times in a row, so that every node's NodePort has had its turn.
 *
 * @throws Error with the last failure after a minute.
 */
export async function waitForService(url: string): Promise<void> {
  const deadline = Date.now() + longestWaitMs;
  let good = 0;
  let last = "no answer yet";
  while (good < answersInARow) {
    const failure = await failureOf(url);
    good = failure === undefined ? good + 1 : 0;
    last = failure ?? last;
    if (failure !== undefined && Date.now() > deadline) throw new Error(`${url} does not answer reliably: ${last}`);
    if (failure !== undefined) await delay(500);
  }
}

async function failureOf(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000), headers: { connection: "close" } });
    await answer.text();
    return answer.ok ? undefined : `status ${String(answer.status)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
