/** Commands inside the lab's hosts, as their root, without SSH. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./process.ts";
import type { RunOptions, RunResult } from "./process.ts";

const scripts = join(import.meta.dirname, "scripts");

/** Runs a shell command in a host. @throws CommandError as `run` does. */
export function inHost(container: string, command: string, options: RunOptions = {}): Promise<RunResult> {
  return run("docker", ["exec", "-i", container, "bash", "-c", command], options);
}

/**
 * Runs one of the lab's scripts in a host.
 *
 * @param settings - environment of the script.
 */
export async function runScript(container: string, script: string, settings: Readonly<Record<string, string>>): Promise<RunResult> {
  // On standard input with the script, not among the arguments: some are secrets, and arguments are shown in errors.
  const exports = Object.entries(settings).map(([name, value]) => `export ${name}=${quoted(value)}\n`);
  const text = await readFile(join(scripts, script), "utf8");
  // The script is read whole before it runs, so that no command in it can read the rest. The lock makes a second `up`
  // wait for what an interrupted one left running, since a host's commands outlive the command that started them.
  const command = 'exec 9> /run/lab.lock; flock 9; eval "$(cat)"';
  return run("docker", ["exec", "-i", container, "bash", "-c", command, script], { input: exports.join("") + text });
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
