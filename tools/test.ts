/** `npm test`: what fills every core by itself, alone; then all other tests, four files at a time. With files as arguments, those only. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { placesOf } from '../worker/places.ts';

const PARTS = [
  ['test/simulator/upgrade.seeds.ts'],
  ['--test-concurrency=4', 'test/**/*.test.ts'],
] as const;

const files = process.argv.slice(2);
const compiled = join(placesOf(process.env).cache, 'compiled');

/** True where all of its tests passed. */
function run(words: readonly string[]): boolean {
  const { status } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--test', '--test-reporter=spec', ...words], {
    stdio: 'inherit', env: { ...process.env, NODE_COMPILE_CACHE: compiled },
  });
  return status === 0;
}

const passed = files.length > 0 ? [run(files)] : PARTS.map(run);
process.exitCode = passed.every(Boolean) ? 0 : 1;
