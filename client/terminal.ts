import { createInterface } from 'node:readline/promises';

/** What a command may do with the person's terminal. Data goes to `out`, words to `say`. */
export interface Terminal {
  /** True where stdout is a terminal: only then lines are redrawn. */
  readonly isLive: boolean;
  /** True where a question can be asked: stdin and stderr are terminals. */
  readonly canAsk: boolean;
  readonly colour: boolean;
  /** Width in characters; null where stdout is no terminal, and nothing is cut. */
  readonly columns: () => number | null;
  readonly rows: () => number;
  /** Writes to stdout, as it is. */
  readonly out: (text: string) => void;
  /** Writes a line to stderr. */
  readonly say: (line: string) => void;
  /** Asks on stderr and returns the line typed; empty at the end of the input. */
  readonly ask: (question: string) => Promise<string>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The terminal of this process. Colour follows NO_COLOR, FORCE_COLOR and TERM. */
export function processTerminal(environment: NodeJS.ProcessEnv): Terminal {
  const { stdin, stdout, stderr } = process;
  return {
    isLive: stdout.isTTY === true && environment['TERM'] !== 'dumb',
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    colour: wantsColour(environment, stdout.isTTY === true),
    columns: () => (stdout.isTTY === true ? stdout.columns : null),
    rows: () => (stdout.isTTY === true ? stdout.rows : 24),
    out: (text) => { stdout.write(text); },
    say: (line) => { stderr.write(`${line}\n`); },
    ask: askOn,
    now: () => Date.now(),
  };
}

function wantsColour(environment: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if ((environment['NO_COLOR'] ?? '') !== '') return false;
  if ((environment['FORCE_COLOR'] ?? '') !== '') return environment['FORCE_COLOR'] !== '0';
  return isTerminal && environment['TERM'] !== 'dumb';
}

async function askOn(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // readline takes Ctrl-C for itself; the process's own handler must see it.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const ended = new Promise<string>((resolve) => { lines.once('close', () => resolve('')); });
  try {
    return await Promise.race([lines.question(question), ended]);
  } finally {
    lines.close();
  }
}
