/** `npm run test:faults -- --seeds N`: upgrades twins while faults happen, and checks what must hold at every event. See docs/faults.md. */
import { readRequest } from './run/request.ts';
import { totalsOf } from './run/report.ts';
import { runFaults } from './run/run-faults.ts';

const USAGE = 64;

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  const request = readRequest(args);
  if (typeof request === 'string') {
    process.stderr.write(`${request}\n`);
    return USAGE;
  }
  const fromMs = performance.now();
  const results = await runFaults(request, (line) => { process.stderr.write(`${line}\n`); });
  const { text, failed } = totalsOf(results, request, (performance.now() - fromMs) / 1000);
  // What is written last must be out before the process ends.
  await new Promise<void>((resolve) => { process.stdout.write(`${text}\n`, () => resolve()); });
  return failed === 0 ? 0 : 1;
}
