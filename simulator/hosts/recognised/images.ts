import type { Packages } from './packages.ts';
import { linesOf } from './script.ts';
import type { Script } from './script.ts';

const WORKER_IMAGE = /\/(kube-proxy|pause|coredns):/;

/** The functions of lib-images. */
export async function wantedImages({ script, args }: Packages, kubeadm: string): Promise<readonly string[]> {
  const repository = args.imageRepository === '' ? [] : ['--image-repository', args.imageRepository];
  const { out } = await script.capture(kubeadm, ['config', 'images', 'list', '--kubernetes-version', args.version, ...repository]);
  const all = linesOf(out);
  return args.images === 'worker' ? all.filter((image) => WORKER_IMAGE.test(image)) : all;
}

/** `set_image_folder`: without crictl nobody says where images are. */
export function imageFolder({ machine: { files, world } }: Script): string {
  if (world.runtimeClient === 'crictl') return '/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs';
  return ['/var/lib/containerd', '/var/lib/containers'].find((folder) => files.exists(folder)) ?? '/var/lib';
}

/** `pull_image`. */
export function pullImage({ machine, pass }: Script, image: string): Promise<number> {
  const { runtimeClient } = machine.world;
  switch (runtimeClient) {
    case 'crictl': return pass('crictl', ['pull', image]);
    case 'ctr': return pass('ctr', ['-n', 'k8s.io', 'images', 'pull', image]);
  }
}

export function missingImages({ machine }: Script, images: readonly string[]): readonly string[] {
  return images.filter((image) => image !== '' && !machine.images.has(image));
}
