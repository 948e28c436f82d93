import { parseArgs } from 'node:util';
import { SIZE_FLAGS, thisMachine } from './bench.ts';
import type { Bench, BenchResult, BenchSetting, SizeFlag } from './bench.ts';
import { tableOf } from './table.ts';

export interface BenchStreams {
  readonly out: (text: string) => void;
  readonly say: (line: string) => void;
}

interface Request {
  readonly names: readonly string[];
  readonly json: boolean;
  readonly seed: number;
  readonly sizes: Readonly<Partial<Record<SizeFlag, number>>>;
  readonly only: readonly string[];
}

const USAGE = 64;

/**
 * Runs what the arguments ask for and writes one JSON object, or a table, to `out`.
 *
 * @returns Exit code: 0 where it was measured, whether targets are met or not; 1 where it could not be; 64 for arguments that nobody understands.
 */
export async function runBench(args: readonly string[], benches: Readonly<Record<string, () => Promise<Bench>>>, streams: BenchStreams): Promise<number> {
  const request = readRequest(args, Object.keys(benches));
  if (typeof request === 'string') {
    streams.say(request);
    return USAGE;
  }
  const results: BenchResult[] = [];
  for (const name of request.names) {
    const result = await measure(name, benches[name], request, streams);
    if (result === null) return 1;
    results.push(result);
    if (!request.json) streams.out(tableOf(result));
  }
  if (request.json) streams.out(`${JSON.stringify(request.names.length === 1 ? results[0] : { bench: 'all', results })}\n`);
  return 0;
}

async function measure(name: string, load: (() => Promise<Bench>) | undefined, request: Request, { say }: BenchStreams): Promise<BenchResult | null> {
  if (load === undefined) return null;
  const machine = thisMachine();
  const setting: BenchSetting = { seed: request.seed, size: (flag, fallback) => request.sizes[flag] ?? fallback, only: request.only, say };
  try {
    const figures = await (await load())(setting);
    return { bench: name, seed: request.seed, machine, figures };
  } catch (error) {
    say(`The benchmark ${name} could not be run: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

/** The request, or for people why it is none. */
function readRequest(args: readonly string[], known: readonly string[]): Request | string {
  const allowed = [...known, 'all'].join(', ');
  const usage = `usage: npm run bench -- NAME [--json] [--seed S] [--only PART,…] [${Object.keys(SIZE_FLAGS).map((flag) => `--${flag} N`).join('] [')}]\nNAME is one of ${allowed}`;
  try {
    const sizes = Object.keys(SIZE_FLAGS).map((flag) => [flag, { type: 'string' }] as const);
    const { values, positionals } = parseArgs({
      args: [...args], allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' }, only: { type: 'string', default: '' }, ...Object.fromEntries(sizes) },
    });
    const [name, ...others] = positionals;
    if (name === undefined || others.length > 0) return `Name one benchmark.\n${usage}`;
    if (name !== 'all' && !known.includes(name)) return `There is no benchmark ${name}. Next: name one of ${allowed}.`;
    return { names: name === 'all' ? known : [name], json: values['json'] === true, seed: wholeNumber('seed', values['seed']), sizes: readSizes(values), only: String(values['only']).split(',').filter((part) => part !== '') };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n${usage}`;
  }
}

function readSizes(values: Readonly<Record<string, unknown>>): Partial<Record<SizeFlag, number>> {
  const flags = Object.keys(SIZE_FLAGS).filter((flag): flag is SizeFlag => Object.hasOwn(SIZE_FLAGS, flag) && values[flag] !== undefined);
  return Object.fromEntries(flags.map((flag) => [flag, wholeNumber(flag, values[flag])]));
}

function wholeNumber(flag: string, value: unknown): number {
  if (typeof value !== 'string' || !/^\d{1,9}$/.test(value)) throw new Error(`--${flag} ${String(value)}: expected a whole number.`);
  return Number(value);
}
