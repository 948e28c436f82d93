import { CommanderError } from 'commander';
import { CommandError } from './command-error.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { buildProgram } from './program.ts';
import { plain } from './render/text.ts';

/** Runs one command line and gives its exit code. Never throws, and shows no stack. */
export async function run(context: CommandContext, args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const program = buildProgram(context, (ended) => { code = ended; });
  const output = {
    writeOut: (text: string): void => context.terminal.out(text),
    writeErr: (text: string): void => context.terminal.say(text.trimEnd()),
  };
  for (const command of [program, ...program.commands]) command.configureOutput(output).showHelpAfterError(`Next: \`${nameOf(command, program)} --help\``);
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return explain(context, error);
  }
}

function nameOf(command: { name(): string }, program: { name(): string }): string {
  return command === program ? program.name() : `${program.name()} ${command.name()}`;
}

function explain({ terminal, environment }: CommandContext, error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CommandError) {
    terminal.say(`error: ${plain(error.message)}`);
    if (error.next !== null) terminal.say(`Next: ${plain(error.next)}`);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  terminal.say(`error: unexpected: ${plain(message)}`);
  const wantsStack = (environment['CAPSTAN_DEBUG'] ?? '') !== '' && error instanceof Error;
  terminal.say(wantsStack ? plain(error.stack ?? '') : 'Next: this is a fault of capstan; run it again with CAPSTAN_DEBUG=1 and report what it prints');
  return EXIT.error;
}
