/** Brings the Temporal programs that tests and `capstan dev` need into the cache. Silent where they are there. */
import { placesOf } from '../worker/places.ts';
import { presentProgram } from '../worker/temporal/find-program.ts';
import { TEMPORAL, TEMPORAL_TEST_SERVER } from '../worker/temporal/releases.ts';

const places = placesOf(process.env);
const say = (line: string): void => { process.stderr.write(`${line}\n`); };

// The SDK is only loaded where something is missing.
const present = await Promise.all([TEMPORAL, TEMPORAL_TEST_SERVER].map((release) => presentProgram(release, places)));
if (present.includes(undefined)) await fetchAll();

async function fetchAll(): Promise<void> {
  const { temporalProgram, testServerProgram } = await import('../worker/temporal/programs.ts');
  try {
    await temporalProgram(places, say);
    await testServerProgram(places, say);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
