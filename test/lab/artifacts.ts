/** Everything that must be built before a host can start. */
import { hostImage, rpmHostImage } from "./build/base-image.ts";
import { buildKubernetes, cniPlugins } from "./build/binaries.ts";
import { listImages, versionArchive, workloadArchive } from "./build/node-images.ts";
import { packageRepositories } from "./build/packages.ts";
import { rpmRepositories } from "./build/rpm-packages.ts";
import { step } from "./progress.ts";
import { imageOf } from "./versions.ts";
import type { PackageFormat } from "./versions.ts";

/** What the hosts are made from. */
export interface Artifacts {
  readonly hostImage: string;
  /** Names of image archives in the cache's folder `images`. */
  readonly archives: readonly string[];
  /** Folder with the package repositories. */
  readonly packages: string;
  /** Image that holds a pod's namespaces. */
  readonly sandboxImage: string;
}

/** Builds what the cache does not hold yet. */
export async function prepareArtifacts(versions: readonly string[], format: PackageFormat): Promise<Artifacts> {
  const plainImage = await step("Host image", hostImage);
  const image = format === "rpm" ? await step("Host image with dnf", () => rpmHostImage(plainImage)) : plainImage;
  for (const version of versions) {
    await step(`Kubernetes ${version}`, () => buildKubernetes(version));
  }
  await step("CNI plugins", cniPlugins);
  const packages = await step("Package repositories", () => (format === "rpm" ? rpmRepositories(versions) : packageRepositories(versions)));
  const archives = await step("Container images", async () => [
    ...(await inOrder(versions, (version) => versionArchive(version, plainImage))),
    await workloadArchive(),
  ]);
  const first = versions[0] ?? "";
  return { hostImage: image, archives, packages, sandboxImage: imageOf(await listImages(first), "pause").name };
}

async function inOrder<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
