/** `npm run bench -- NAME`: measures what docs/benchmarks.md tells. */
import { BENCHES } from './benches.ts';
import { runBench } from './run-bench.ts';

const code = await runBench(process.argv.slice(2), BENCHES, {
  out: (text) => { process.stdout.write(text); },
  say: (line) => { process.stderr.write(`${line}\n`); },
});
// What a measured worker or server left open must not keep this process.
await new Promise<void>((resolve) => { process.stdout.write('', () => resolve()); });
process.exit(code);
