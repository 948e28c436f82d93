/** Versions as the lab needs them: of Kubernetes, its packages, its images, and the modules they are built from. */

export interface LabVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/**
 * Reads a version such as `v1.33.13`.
 *
 * @throws Error where the text is no such version.
 */
export function parseLabVersion(text: string): LabVersion {
  const match = /^v(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (match === null) throw new Error(`${text}: not a Kubernetes version; write it as v1.33.13.`);
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) };
}

/** `1.33` of `v1.33.13`. */
export function labelOfMinor(version: string): string {
  const { major, minor } = parseLabVersion(version);
  return `${String(major)}.${String(minor)}`;
}

/** What the community writes behind the version of its packages, by their format. */
export const packageRevisions = { deb: "1.1", rpm: "150500.1.1" } as const;
export type PackageFormat = keyof typeof packageRevisions;

/** `1.33.13-1.1` of `v1.33.13`: the first revision. */
export function packageVersion(version: string, format: PackageFormat = "deb"): string {
  return `${version.slice(1)}-${packageRevisions[format]}`;
}

/** Version of the staging modules (`k8s.io/api` and its siblings): `v0.33.13` of `v1.33.13`. */
export function stagingVersion(version: string): string {
  const { minor, patch } = parseLabVersion(version);
  return `v0.${String(minor)}.${String(patch)}`;
}

/** One line of `kubeadm config images list`, taken apart. */
export interface ImageName {
  /** The whole name with its tag, exactly as kubeadm printed it. */
  readonly name: string;
  /** Last part of the path: `etcd`, `coredns`, `kube-proxy`. */
  readonly component: string;
  readonly tag: string;
}

/**
 * Reads what `kubeadm config images list` prints.
 *
 * @throws Error that quotes a line without a tag.
 */
export function parseImageList(text: string): ImageName[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map(parseImageName);
}

function parseImageName(name: string): ImageName {
  const match = /\/([a-z0-9-]+):([A-Za-z0-9._-]+)$/.exec(name);
  const component = match?.[1];
  const tag = match?.[2];
  if (component === undefined || tag === undefined) {
    throw new Error(`kubeadm config images list: no image name with a tag: ${name}`);
  }
  return { name, component, tag };
}

/** The image of a component. @throws Error that lists the components which are there. */
export function imageOf(images: readonly ImageName[], component: string): ImageName {
  const found = images.find((image) => image.component === component);
  if (found !== undefined) return found;
  throw new Error(`No image of ${component} among ${images.map((image) => image.component).join(", ")}.`);
}

/** Module versions that an etcd image is built from. */
export interface EtcdModules {
  readonly server: string;
  readonly tools: string;
}

/**
 * Modules of an etcd image tag: `3.6.5-0` is v3.6.5 throughout.
 * Of v3.5.24 the module proxy serves the server alone, so etcdctl and etcdutl come from v3.5.35, the release of that
 * minor that is served whole; both read and write the same snapshot format.
 */
export function etcdModules(tag: string): EtcdModules {
  const server = `v${tag.replace(/-.*$/, "")}`;
  return { server, tools: server === "v3.5.24" ? "v3.5.35" : server };
}
