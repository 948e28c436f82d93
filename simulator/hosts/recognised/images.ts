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

export function missingImages({ machine }: Script, images: readonly string[]): readonly string[] {
  return images.filter((image) => image !== '' && !machine.images.has(image));
}
