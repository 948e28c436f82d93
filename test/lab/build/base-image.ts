/** The image of every host: Debian 12 with systemd, sshd, containerd and what kubeadm expects of a host. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached, isCached, withScratch } from "../cache.ts";
import { requireBootstrap } from "../machine.ts";
import { outputOf, run, succeeds } from "../process.ts";
import { digest } from "./binaries.ts";

const imageFolder = join(import.meta.dirname, "..", "image");
const pulledBase = "debian:bookworm-slim";
const builtBase = "capstan-lab/debian:bookworm";

/** Name of the host image, which the engine holds afterwards. */
export async function hostImage(): Promise<string> {
  const name = `capstan-lab/host:${await versionOfRecipe()}`;
  if (await engineHas(name)) return name;
  const archive = await cached(join("images", `host-${name.split(":")[1] ?? ""}.tar`), async (path) => {
    await buildHostImage(name);
    await run("docker", ["save", "-o", path, name]);
  });
  if (!(await engineHas(name))) await run("docker", ["load", "-i", archive]);
  return name;
}

/** The host image with dnf, rpm and dnf's plugins beside it, for hosts whose Kubernetes comes as RPM. */
export async function rpmHostImage(plain: string): Promise<string> {
  const name = `${plain}-rpm`;
  if (await engineHas(name)) return name;
  await withScratch(async (folder) => {
    const base = await baseImage();
    // The host image has no sources of packages: its base has.
    const lines = [`FROM ${base} AS base`, `FROM ${plain}`, "COPY --from=base /etc/apt/ /etc/apt/",
      "RUN apt-get update -q && apt-get install -qy --no-install-recommends dnf dnf-plugins-core rpm rpm2cpio cpio && apt-get clean && rm -rf /var/lib/apt/lists/* /etc/apt/sources.list /etc/apt/sources.list.d/*"];
    await writeFile(join(folder, "Dockerfile"), `${lines.join("\n")}\n`);
    await run("docker", ["build", "--quiet", "--tag", name, folder]);
  });
  return name;
}

async function buildHostImage(name: string): Promise<void> {
  const base = await baseImage();
  await run("docker", ["build", "--quiet", "--build-arg", `BASE=${base}`, "--tag", name, imageFolder]);
}

async function baseImage(): Promise<string> {
  if (await engineHas(builtBase)) return builtBase;
  if (!isCached(rootArchive) && (await succeeds("docker", ["pull", "--quiet", pulledBase], { timeoutMs: pullMs }))) {
    return pulledBase;
  }
  const archive = await cached(rootArchive, bootstrapDebian);
  await run("docker", ["import", archive, builtBase]);
  return builtBase;
}

const rootArchive = join("images", "debian-bookworm.tar");
/** Time for an image of 30 MB; where no image registry can be reached the answer comes at once, or never. */
const pullMs = 120_000;

async function bootstrapDebian(archive: string): Promise<void> {
  requireBootstrap(pulledBase);
  await withScratch(async (folder) => {
    // The mirror is the one that the machine's debootstrap was made with.
    await run("debootstrap", ["--variant=minbase", "bookworm", folder]);
    await run("tar", ["-C", folder, "--exclude=./var/cache/apt/archives/*.deb", "-cf", archive, "."]);
  });
}

async function versionOfRecipe(): Promise<string> {
  const files = (await readdir(imageFolder)).toSorted();
  const texts = await Promise.all(files.map((file) => readFile(join(imageFolder, file), "utf8")));
  return digest(JSON.stringify([files, texts]));
}

/** Whether the engine holds an image under that name. */
export async function engineHas(image: string): Promise<boolean> {
  return (await outputOf("docker", ["images", "--quiet", image])) !== "";
}
