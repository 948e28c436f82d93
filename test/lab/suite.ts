/**
 * The tests of the real lab, one file at a time: `npm run test:lab`. With `--faults` those that break hosts and bring the whole
 * cluster back, which take longer than CI has.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { faults: { type: 'boolean', default: false } }, allowPositionals: false });

// Each needs what the one before it leaves: conformance asks upgraded hosts, the second upgrade under faults a restored lab.
const suites = values.faults
  ? ['test/lab/faults/kills.faults.ts', 'test/lab/faults/hosts.faults.ts']
  : ['test/lab/upgrade.lab.ts', 'test/lab/!(upgrade).lab.ts'];

for (const files of suites) {
  const child = spawn(process.execPath, ['--test', '--test-reporter=spec', '--test-concurrency=1', files], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code === 0) continue;
  process.exitCode = 1;
  break;
}
