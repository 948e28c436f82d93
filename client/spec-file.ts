import { readFile } from 'node:fs/promises';
import { formatProblem, parseSpec, placeMessage } from '../spec/parse.ts';
import type { UpgradeSpec } from '../workflows/domain/spec.ts';
import { CommandError } from './command-error.ts';
import type { CommandContext } from './context.ts';
import { withWaivers } from './waivers.ts';
import { InspectionError } from './inspection-error.ts';

export interface SpecFile {
  /** As the person named it. */
  readonly file: string;
  readonly text: string;
  readonly spec: UpgradeSpec;
}

/** Reads and checks a spec, and adds what `--ignore` waives; warnings go to stderr, errors end the command with every one of them. */
export async function readSpecFile({ terminal }: Pick<CommandContext, 'terminal'>, file: string, ignore: readonly string[] = []): Promise<SpecFile> {
  const text = await readText(file);
  const parsed = parseSpec(text, file);
  if (!parsed.ok) {
    throw new CommandError(parsed.errors.map(formatProblem).join('\n'), { next: `correct ${file}, then run \`capstan validate ${file}\`; docs/spec.md explains every key` });
  }
  for (const warning of parsed.warnings) terminal.say(`warning: ${formatProblem(warning)}`);
  return { file, text, spec: withWaivers(parsed.spec, ignore) };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(`${file}: ${causeOf(error)}`, { next: 'give the file of a spec; examples/cluster.yaml shows one' });
  }
}

function causeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  switch (code) {
    case 'ENOENT': return 'there is no such file';
    case 'EISDIR': return 'is a folder, not a file';
    case 'EACCES': return 'you may not read it';
    default: return `cannot be read (${String(code ?? error)})`;
  }
}

/** A failure of the worker with file and line in front, where it is about the spec. */
export async function placed<T>({ file, text }: SpecFile, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof InspectionError)) throw error;
    const { message, path } = error.failure;
    const named = path === undefined || message.startsWith(path) ? message : `${path}: ${message}`;
    throw new CommandError(placeMessage(text, file, named), { next: error.next ?? undefined });
  }
}
