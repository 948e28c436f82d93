/** RPM packages of kubeadm, kubelet and kubectl, in one repository per minor with the community's `exclude`. */
import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { cached, withScratch } from "../cache.ts";
import { run } from "../process.ts";
import { say } from "../progress.ts";
import { labelOfMinor, packageRevisions } from "../versions.ts";
import { layOut, packagesOf } from "./package-files.ts";
import type { Package } from "./package-files.ts";

/** Raised with every change of the packages, so that repositories made before are not taken. */
const recipe = "1";

/** Folder to serve: `kubernetes/v1.33/rpm/` in it, and so on, each with the versions of its own minor and no other. */
export async function rpmRepositories(versions: readonly string[]): Promise<string> {
  return cached(join("rpm", `${recipe}-${versions.join("-")}`), async (path) => {
    for (const minor of new Set(versions.map(labelOfMinor))) {
      const folder = join(path, "kubernetes", `v${minor}`, "rpm");
      await mkdir(folder, { recursive: true });
      for (const version of versions.filter((candidate) => labelOfMinor(candidate) === minor)) {
        for (const definition of await packagesOf(version, packageRevisions.rpm)) {
          const file = await buildPackage(definition);
          await copyFile(file, join(folder, basename(file)));
        }
      }
      await run("createrepo_c", ["--quiet", folder]);
    }
  });
}

function buildPackage(definition: Package): Promise<string> {
  const file = `${definition.name}-${definition.version}.x86_64.rpm`;
  return cached(join("packages", `rpm-${recipe}`, file), (path) =>
    withScratch(async (scratch) => {
      const root = join(scratch, "files");
      const spec = join(scratch, "package.spec");
      await layOut(root, definition);
      await writeFile(spec, specFile(definition, root));
      await run("rpmbuild", ["-bb", "--quiet", "--define", `_topdir ${scratch}`, "--define", "_build_id_links none", "--target", "x86_64", spec]);
      const [built] = await readdir(join(scratch, "RPMS", "x86_64"));
      if (built === undefined) throw new Error(`rpmbuild made no package of ${definition.name}.`);
      await copyFile(join(scratch, "RPMS", "x86_64", built), path);
      say(`package ${file} is built`);
    }),
  );
}

/** Without requirements of the distribution's own packages, which this host has from Debian: rpm's database does not know them. */
function specFile({ name, version, description, files, conffiles, depends }: Package, root: string): string {
  const [upstream = "", release = ""] = version.split(/-(.*)/s);
  const own = depends.filter((dependency) => /^(kube|kubernetes-cni)/.test(dependency)).map((dependency) => dependency.replace(/[()]/g, ""));
  return [
    `Name: ${name}`, `Version: ${upstream}`, `Release: ${release}`, `Summary: ${description}`, "License: Apache-2.0", "AutoReqProv: no",
    ...own.map((dependency) => `Requires: ${dependency}`),
    "%global __strip /bin/true", "%global debug_package %{nil}",
    "%description", description,
    "%install", `mkdir -p %{buildroot}; cp -a ${root}/. %{buildroot}/`,
    ...(name === "kubelet" ? ["%post", "if [ -d /run/systemd/system ]; then systemctl daemon-reload; systemctl enable --quiet kubelet.service; fi"] : []),
    "%files", ...Object.keys(files).map((path) => (conffiles.includes(path) ? `%config(noreplace) ${path}` : path)), "",
  ].join("\n");
}
