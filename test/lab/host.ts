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
  const environment = Object.entries(settings).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  const text = await readFile(join(scripts, script), "utf8");
  return run("docker", ["exec", "-i", ...environment, container, "bash", "-s"], { input: text });
}

/** Writes a file in a host. */
export async function writeInHost(container: string, path: string, text: string): Promise<void> {
  await run("docker", ["exec", "-i", container, "sh", "-c", `cat > '${path}'`], { input: text });
}
