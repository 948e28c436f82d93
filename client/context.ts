import type { UpgradeClient } from './temporal/port.ts';
import type { Terminal } from './terminal.ts';

/** All that a command has: no command reads `process` itself. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Connects to Temporal; fails with exit code 75 where it does not answer. */
  readonly connect: () => Promise<UpgradeClient>;
  /** What Ctrl-C says before it ends the command; null says nothing. */
  readonly onInterrupt: (words: string | null) => void;
  /** Leaves signals to the command, as `worker` and `dev` need to end in order. */
  readonly takeSignals: () => void;
}

/** Runs `body` with a connection that is closed whatever happens. */
export async function withClient<T>(context: CommandContext, body: (client: UpgradeClient) => Promise<T>): Promise<T> {
  const client = await context.connect();
  try {
    return await body(client);
  } finally {
    await client.close();
  }
}
