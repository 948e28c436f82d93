import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';

export interface CommandErrorOptions {
  /** Default: 1. */
  readonly exitCode?: ExitCode;
  /** What to do next, usually a command. */
  readonly next?: string | undefined;
}

/** An end of a command that people read: what, where and why in `message`, then what to do. Shown without a stack. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;
  readonly next: string | null;

  constructor(message: string, { exitCode = EXIT.error, next }: CommandErrorOptions = {}) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
    this.next = next ?? null;
  }
}

export function usageError(message: string, next?: string): CommandError {
  return new CommandError(message, { exitCode: EXIT.usage, next });
}
