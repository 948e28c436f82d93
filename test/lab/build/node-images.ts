/** Container images under the names that kubeadm lists, as archives for `ctr images import`. */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cached, isCached, withScratch } from "../cache.ts";
import { outputOf, run } from "../process.ts";
import { say } from "../progress.ts";
import { parseImageList } from "../versions.ts";
import type { ImageName } from "../versions.ts";
import { corednsBinary, digest, etcdBinaries, httpdBinary, kubernetesBinary, pauseBinary } from "./binaries.ts";

/** Image of the test workload. */
export const workloadImage = "localhost/capstan-lab/httpd:1";

const searchPath = "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin";

/** Raised with every change of how images are made, so that archives made before are not taken. */
const recipe = "2";

/** What `kubeadm config images list` of a version prints. */
export async function listImages(version: string): Promise<ImageName[]> {
  const kubeadm = await kubernetesBinary(version, "kubeadm");
  return parseImageList(await outputOf(kubeadm, ["config", "images", "list", "--kubernetes-version", version]));
}

/** Name, inside the cache's folder `images`, of the archive with every image of a version. */
export async function versionArchive(version: string, hostImage: string): Promise<string> {
  const images = await listImages(version);
  const name = `kubernetes-${version}-${digest(JSON.stringify([recipe, images]))}.tar`;
  if (isCached(join("images", name))) return name;
  for (const image of images) {
    await buildNodeImage(image, version, hostImage);
  }
  return saveImages(name, images.map((image) => image.name));
}

/** Name of the archive with the test workload's image. */
export async function workloadArchive(): Promise<string> {
  const binary = await httpdBinary();
  const name = `workload-${digest(recipe + binary)}.tar`;
  if (isCached(join("images", name))) return name;
  await buildImage(workloadImage, { httpd: binary }, ["FROM scratch", "COPY files/httpd /httpd", 'ENTRYPOINT ["/httpd"]']);
  return saveImages(name, [workloadImage]);
}

async function saveImages(name: string, images: readonly string[]): Promise<string> {
  await cached(join("images", name), async (path) => {
    await run("docker", ["save", "-o", path, ...images]);
  });
  return name;
}

async function buildNodeImage(image: ImageName, version: string, hostImage: string): Promise<void> {
  switch (image.component) {
    case "kube-apiserver":
    case "kube-controller-manager":
    case "kube-scheduler": {
      const binary = await kubernetesBinary(version, image.component);
      return buildImage(image.name, { [image.component]: binary }, ["FROM scratch", searchPath, "COPY files /usr/local/bin"]);
    }
    case "kube-proxy":
      return buildProxyImage(image, await kubernetesBinary(version, "kube-proxy"), hostImage);
    case "etcd":
      return buildImage(image.name, await etcdBinaries(image.tag), ["FROM scratch", searchPath, "COPY files /usr/local/bin"]);
    case "coredns":
      return buildImage(image.name, { coredns: await corednsBinary(image.tag) }, ["FROM scratch", "COPY files/coredns /coredns", 'ENTRYPOINT ["/coredns"]']);
    case "pause":
      return buildImage(image.name, { pause: await pauseBinary() }, ["FROM scratch", "COPY files/pause /pause", 'ENTRYPOINT ["/pause"]']);
    default:
      throw new Error(`${image.name}: the lab does not know how to build ${image.component}; kubeadm ${version} lists it.`);
  }
}

/** kube-proxy calls iptables, which comes with its libraries from the host image. */
function buildProxyImage(image: ImageName, binary: string, hostImage: string): Promise<void> {
  const gather = [
    "set -e; mkdir /gathered",
    "programs='/usr/sbin/xtables-nft-multi /usr/sbin/conntrack /usr/bin/kmod'",
    // iptables loads its matches at run time, and they bring libraries of their own.
    "needed=$(ldd $programs /usr/lib/x86_64-linux-gnu/xtables/*.so | grep -o '/lib/[^ ]*' | sort -u)",
    "libraries=$(readlink -f $needed)",
    "loader=$(readlink -f /lib64/ld-linux-x86-64.so.2)",
    "links=$(printf '%s\\n' $needed | sed 's|^/lib|/usr/lib|')",
    "tar -C / -cf - $(printf '%s\\n' $libraries $links $loader /usr/lib64/ld-linux-x86-64.so.2 /etc/alternatives/iptables* /etc/alternatives/ip6tables* \\",
    "  /usr/sbin/iptables* /usr/sbin/ip6tables* $programs /usr/sbin/modprobe /usr/lib/x86_64-linux-gnu/xtables \\",
    "  | sort -u | sed 's|^/||') | tar -C /gathered -xf -",
    "cd /gathered; for name in bin sbin lib lib64; do ln -s usr/$name $name; done; mkdir -p run tmp",
  ].join("\n");
  return buildImage(image.name, { "kube-proxy": binary, "gather.sh": gather }, [
    `FROM ${hostImage} AS host`,
    "COPY files/gather.sh /gather.sh",
    "RUN sh /gather.sh",
    "FROM scratch",
    searchPath,
    "COPY --from=host /gathered /",
    "COPY files/kube-proxy /usr/local/bin/",
  ]);
}

/** @param files - name in the build context to the path of a binary, or to the text of a script (`.sh`). */
function buildImage(name: string, files: Readonly<Record<string, string>>, dockerfile: readonly string[]): Promise<void> {
  return withScratch(async (folder) => {
    await mkdir(join(folder, "files"));
    for (const [file, content] of Object.entries(files)) {
      const path = join(folder, "files", file);
      if (file.endsWith(".sh")) await writeFile(path, content);
      else await copyFile(content, path);
    }
    await writeFile(join(folder, "Dockerfile"), `${dockerfile.join("\n")}\n`);
    await run("docker", ["build", "--quiet", "--tag", name, folder]);
    say(`image ${name} is built`);
  });
}
