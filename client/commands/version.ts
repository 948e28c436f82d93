import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CommandContext } from '../context.ts';
import { printData } from '../render/output.ts';
import type { Format } from '../render/output.ts';
import { packageVersion, versionText } from '../version.ts';

export async function version({ terminal }: CommandContext, { output }: { readonly output: Format }): Promise<ExitCode> {
  await printData(terminal, output, { capstan: packageVersion(), node: process.versions.node }, () => versionText());
  return EXIT.ok;
}
