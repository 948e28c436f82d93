/** What a Kubernetes minor brings beside its own programs, as its kubeadm lists it. */
export interface Companions {
  /** Tag of etcd's image, `3.6.5-0`. */
  readonly etcd: string;
  readonly coredns: string;
  readonly pause: string;
}

const BY_MINOR: readonly (readonly [minor: number, companions: Companions])[] = [
  [31, { etcd: '3.5.15-0', coredns: 'v1.11.3', pause: '3.10' }],
  [32, { etcd: '3.5.16-0', coredns: 'v1.11.3', pause: '3.10' }],
  [33, { etcd: '3.5.24-0', coredns: 'v1.12.0', pause: '3.10' }],
  [34, { etcd: '3.6.5-0', coredns: 'v1.12.1', pause: '3.10.1' }],
  [35, { etcd: '3.6.6-0', coredns: 'v1.13.1', pause: '3.10.1' }],
];

export const IMAGE_REPOSITORY = 'registry.k8s.io';

/** Companions of a version, `v1.34.4`; those of the nearest minor that is known where it is none of them. */
export function companionsOf(version: string): Companions {
  const minor = Number(/^v\d+\.(\d+)/.exec(version)?.[1] ?? 0);
  const known = BY_MINOR.findLast(([at]) => at <= minor) ?? BY_MINOR[0];
  if (known === undefined) throw new RangeError(`no companions are known of ${version}`);
  return known[1];
}

/**
 * Images in the order of `kubeadm config images list`. CoreDNS and pause are those of the kubeadm that is asked, which may
 * be of another version than the one asked for.
 */
export function imagesOf(version: string, kubeadm: string = version, repository: string = IMAGE_REPOSITORY): readonly string[] {
  const own = companionsOf(kubeadm);
  const etcd = minorOf(version) > minorOf(kubeadm) ? own.etcd : companionsOf(version).etcd;
  // Only the default registry keeps CoreDNS in a folder of its own.
  const coredns = repository === IMAGE_REPOSITORY ? 'coredns/coredns' : 'coredns';
  return [
    ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'].map((name) => `${repository}/${name}:${version}`),
    `${repository}/${coredns}:${own.coredns}`, `${repository}/pause:${own.pause}`, `${repository}/etcd:${etcd}`,
  ];
}

/** Images of a control-plane node's static pods by component. */
export function staticPodImages(version: string, etcd: string = companionsOf(version).etcd): Readonly<Record<string, string>> {
  return {
    'kube-apiserver': `${IMAGE_REPOSITORY}/kube-apiserver:${version}`,
    'kube-controller-manager': `${IMAGE_REPOSITORY}/kube-controller-manager:${version}`,
    'kube-scheduler': `${IMAGE_REPOSITORY}/kube-scheduler:${version}`,
    etcd: `${IMAGE_REPOSITORY}/etcd:${etcd}`,
  };
}

/** `v1.34.4` of `registry.k8s.io/kube-apiserver:v1.34.4`. */
export function tagOf(image: string): string {
  return image.replace(/^.*:/, '');
}

function minorOf(version: string): number {
  return Number(/^v\d+\.(\d+)/.exec(version)?.[1] ?? 0);
}
