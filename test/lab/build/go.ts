/** Builds Go commands of published modules. */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "../cache.ts";
import { outputOf, run } from "../process.ts";
import { say } from "../progress.ts";

const environment = { CGO_ENABLED: "0", GO111MODULE: "on", GOWORK: "off" };

/**
 * Folder of a module of our own whose dependencies are resolved.
 *
 * @param name - name in the cache, with the version in it.
 * @param files - text of its files by name; asked for only where the module is not there yet.
 */
export function goModule(name: string, files: () => Promise<Readonly<Record<string, string>>>): Promise<string> {
  return cached(join("modules", name), async (path) => {
    await mkdir(path, { recursive: true });
    for (const [file, text] of Object.entries(await files())) await writeFile(join(path, file), text);
    // -e: packages that only tests import are not all served.
    await run("go", ["mod", "tidy", "-e"], { cwd: path, env: environment });
  });
}

export interface GoCommand {
  /** Folder of the module to build in. */
  readonly folder: string;
  /** Import path, or a path inside the module. */
  readonly path: string;
  readonly linkerFlags: string;
  /** Name of the binary in the cache, with the version in it. */
  readonly output: string;
}

/** Path of a command's binary. */
export function goCommand(command: GoCommand): Promise<string> {
  return cached(join("bin", command.output), async (path) => {
    const flags = ["-trimpath", "-buildvcs=false", "-ldflags", command.linkerFlags];
    await run("go", ["build", ...flags, "-o", path, command.path], { cwd: command.folder, env: environment });
    say(`${command.output} is built`);
  });
}

/** Text of a published module's go.mod. @throws Error where the module proxy does not serve it. */
export async function publishedGoMod(module: string, version: string): Promise<string> {
  const text = await outputOf("go", ["mod", "download", "-json", `${module}@${version}`], { env: environment });
  const path = /"GoMod": "([^"]+)"/.exec(text)?.[1];
  if (path === undefined || !existsSync(path)) throw new Error(`go mod download ${module}@${version}: no go.mod in its answer.`);
  return readFile(path, "utf8");
}
