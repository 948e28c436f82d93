/** Debian packages of kubeadm, kubelet and kubectl, in one apt repository per minor as the community has them. */
import { chmod, copyFile, mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { cached, withScratch } from "../cache.ts";
import { run } from "../process.ts";
import { say } from "../progress.ts";
import { labelOfMinor, packageRevisions } from "../versions.ts";
import { layOut, packagesOf } from "./package-files.ts";
import type { Package } from "./package-files.ts";

/** Raised with every change of the packages, so that repositories made before are not taken. */
const recipe = "2";

/** Folder to serve: `kubernetes/v1.33/deb/` in it, and so on, each with the versions of its own minor and no other. */
export async function packageRepositories(versions: readonly string[]): Promise<string> {
  const name = join("apt", `${recipe}-${versions.join("-")}`);
  return cached(name, async (path) => {
    for (const minor of new Set(versions.map(labelOfMinor))) {
      const folder = join(path, "kubernetes", `v${minor}`, "deb");
      await mkdir(folder, { recursive: true });
      for (const version of versions.filter((candidate) => labelOfMinor(candidate) === minor)) {
        for (const definition of await packagesOf(version, packageRevisions.deb)) {
          const file = await buildPackage(definition);
          await copyFile(file, join(folder, basename(file)));
        }
      }
      // --multiversion: otherwise only the newest version of a package is listed.
      await run("dpkg-scanpackages", ["--multiversion", "."], { cwd: folder, outputFile: join(folder, "Packages") });
    }
  });
}

function buildPackage(definition: Package): Promise<string> {
  const file = `${definition.name}_${definition.version}_amd64.deb`;
  return cached(join("packages", recipe, file), (path) =>
    withScratch(async (root) => {
      await layOut(root, definition);
      await describe(root, definition);
      await run("dpkg-deb", ["--root-owner-group", "-Zgzip", "-z3", "--build", root, path]);
      say(`package ${file} is built`);
    }),
  );
}

async function describe(root: string, definition: Package): Promise<void> {
  const control = join(root, "DEBIAN");
  await mkdir(control, { recursive: true });
  await writeFile(join(control, "control"), controlFile(definition));
  if (definition.conffiles.length > 0) await writeFile(join(control, "conffiles"), `${definition.conffiles.join("\n")}\n`);
  if (definition.postinst === undefined) return;
  await copyFile(definition.postinst, join(control, "postinst"));
  await chmod(join(control, "postinst"), 0o755);
}

function controlFile(definition: Package): string {
  return [
    `Package: ${definition.name}`,
    `Version: ${definition.version}`,
    "Architecture: amd64",
    "Maintainer: Capstan lab <lab@capstan.invalid>",
    ...(definition.depends.length === 0 ? [] : [`Depends: ${definition.depends.join(", ")}`]),
    "Section: admin",
    "Priority: optional",
    `Description: ${definition.description}`,
    "",
  ].join("\n");
}
