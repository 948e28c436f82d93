import type { CommandContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { run } from './run.ts';
import { processTerminal } from './terminal.ts';

/** The program. Sets the process's exit code, and lets it end when stdout is written. */
export async function main(args: readonly string[]): Promise<void> {
  const terminal = processTerminal(process.env);
  // Whoever reads our output may stop reading, as `| head` does.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
    throw error;
  });
  let words: string | null = null;
  const interrupt = (): void => {
    terminal.say(words === null ? '' : `\n${words}`);
    process.exit(EXIT.interrupted);
  };
  process.on('SIGINT', interrupt);
  const context: CommandContext = {
    terminal,
    environment: process.env,
    connect: async () => (await import('./temporal/connect.ts')).connect(process.env),
    onInterrupt: (said) => { words = said; },
    takeSignals: () => { process.off('SIGINT', interrupt); },
  };
  process.exitCode = await run(context, args);
}
