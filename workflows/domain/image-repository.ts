/** What kubeadm takes where kubeadm-config names none, and writes into it when it upgrades. */
export const DEFAULT_IMAGE_REPOSITORY = 'registry.k8s.io';

/** Says what differs between the image repository of a plan and the one of kubeadm-config now; empty where images come from the same place. */
export function movedImages(planned: string | null, now: string | null): readonly string[] {
  const [was, is] = [planned ?? DEFAULT_IMAGE_REPOSITORY, now ?? DEFAULT_IMAGE_REPOSITORY];
  return was === is ? [] : [`imageRepository of kubeadm-config: was ${was}, is ${is}`];
}
