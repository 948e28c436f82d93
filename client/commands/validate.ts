import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CommandContext } from '../context.ts';
import { readSpecFile } from '../spec-file.ts';

/** Checks a spec without any cluster. */
export async function validate(context: CommandContext, file: string): Promise<ExitCode> {
  const { spec } = await readSpecFile(context, file);
  context.terminal.out(`${file}: valid: ${spec.name} to ${spec.target.version}\n`);
  return EXIT.ok;
}
