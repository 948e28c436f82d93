/** Runs commands of this machine, with errors that say what ran, how it ended and what it said last. */
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";

export interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which is empty otherwise. */
  readonly input?: string;
  /** Ends the command after this time; unlimited by default. */
  readonly timeoutMs?: number;
  /** Exit codes that are no error; only 0 by default. */
  readonly accept?: readonly number[];
  /** A file that standard output goes to in place of the result. */
  readonly outputFile?: string;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command failed. */
export class CommandError extends Error {
  readonly command: string;
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;

  constructor(command: string, code: number | null, how: string, stdout: string, stderr: string) {
    const said = lastLines(stderr.trim() === "" ? stdout : stderr, 15);
    super(`${command}\n  ${how}${said === "" ? "" : `\n${said}`}`);
    this.name = "CommandError";
    this.command = command;
    this.code = code;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

/**
 * Runs a command without a shell and returns what it printed.
 *
 * @throws CommandError where it cannot start, times out, or ends with a code that is not accepted.
 */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    timeout: options.timeoutMs,
  });
  const command = shorten([file, ...args].join(" "));
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const target = options.outputFile === undefined ? undefined : createWriteStream(options.outputFile);
  if (target === undefined) child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  else child.stdout.pipe(target);
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A command that ends before it has read everything closes the pipe; its exit code tells the rest.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", (error) => {
      reject(new CommandError(command, null, `cannot start: ${error.message}`, "", ""));
    });
    child.on("close", resolve);
  });
  if (target !== undefined) await finished(target);
  const result = { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
  if (code !== null && (options.accept ?? [0]).includes(code)) return { code, ...result };
  const how = code === null ? `was ended by ${child.signalCode ?? "a signal"}` : `ended with ${String(code)}`;
  throw new CommandError(command, code, how, result.stdout, result.stderr);
}

/** Standard output of a command, without the last line break. @throws CommandError as `run` does. */
export async function outputOf(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return (await run(file, args, options)).stdout.trimEnd();
}

/** Whether a command can be started and ends with 0. */
export async function succeeds(file: string, args: readonly string[], options: RunOptions = {}): Promise<boolean> {
  try {
    await run(file, args, options);
    return true;
  } catch {
    return false;
  }
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split("\n").slice(-count).map((line) => `  | ${line}`).join("\n");
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
