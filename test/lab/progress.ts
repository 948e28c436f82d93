/** Tells on standard error what the lab does and how long it takes. */

const started = Date.now();

/** Runs a step; says when it begins, and how long it took or that it failed. */
export async function step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const begun = Date.now();
  say(name);
  const interval = setInterval(() => {
    say(`${name}: ${seconds(Date.now() - begun)} so far`);
  }, stillRunningEveryMs);
  try {
    const result = await work();
    if (Date.now() - begun >= worthTellingMs) say(`${name}: done in ${seconds(Date.now() - begun)}`);
    return result;
  } catch (error) {
    say(`${name}: failed after ${seconds(Date.now() - begun)}`);
    throw error;
  } finally {
    clearInterval(interval);
  }
}

/** Prints a line with the time since the command began. */
export function say(text: string): void {
  process.stderr.write(`${seconds(Date.now() - started).padStart(6)}  ${text}\n`);
}

const stillRunningEveryMs = 60_000;
const worthTellingMs = 2_000;

function seconds(durationMs: number): string {
  return `${String(Math.round(durationMs / 1000))} s`;
}
