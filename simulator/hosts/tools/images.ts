import { imagesOf } from '../../components.ts';
import type { Machine } from '../machine.ts';
import { OperationFailed, spend } from './call.ts';
import type { Call } from './call.ts';

const DISK_NEEDED_KIB = 200 * 1024;

/** `crictl … images -o json`, `imagefsinfo` and `pull IMAGE`. */
export function crictl(call: Call): number | Promise<number> {
  const { machine, args } = call;
  let first = 0;
  // Each of its own options has a value.
  while (args[first]?.startsWith('-') === true) first += 2;
  const [command, ...rest] = args.slice(first);
  if (command === 'imagefsinfo') {
    call.out('{"status": {"imageFilesystems": [{"fsId": {');
    call.out('  "mountpoint": "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs"');
    call.out('}}]}}');
    return 0;
  }
  if (command === 'pull') return pull(call, rest.at(-1) ?? '');
  if (command !== 'images') return unknown(call);
  call.out('{');
  call.out('  "images": [');
  for (const image of present(machine)) {
    call.out('    {');
    call.out('      "repoTags": [');
    call.out(`        "${image}"`);
    call.out('      ]');
    call.out('    },');
  }
  call.out('  ]');
  call.out('}');
  return 0;
}

/** `ctr -n NAMESPACE …`, as far as the scripts use it. */
export function ctr(call: Call): number | Promise<number> {
  const { machine, args } = call;
  let first = 0;
  // Each of its own options has a value.
  while (args[first]?.startsWith('-') === true) first += 2;
  const words = args.slice(first);
  const image = words.at(-1) ?? '';
  switch (words.slice(0, 2).join(' ')) {
    case 'images ls':
      for (const each of present(machine)) call.out(each);
      return 0;
    case 'images pull': return pull(call, image);
    default: return unknown(call);
  }
}

async function pull(call: Call, image: string): Promise<number> {
  if (!inRegistry(image)) {
    call.err(`failed to resolve reference "${image}": ${image}: not found`);
    return 1;
  }
  try {
    await pullImage(call, image);
  } catch (error) {
    if (error instanceof OperationFailed) return error.exitCode;
    throw error;
  }
  call.out(`Image is up to date for ${image}`);
  return 0;
}

/** Fetches one image and writes it down. Failures: OperationFailed, Gone. */
export async function pullImage(call: Call, image: string): Promise<void> {
  const { machine } = call;
  if (machine.disk.freeKib < DISK_NEEDED_KIB) {
    call.err(`failed to extract layer of ${image}: write /var/lib/containerd: no space left on device`);
    throw new OperationFailed(1);
  }
  const tookMs = await spend(call, 'pull image', machine.world.description.timings.pullImage);
  machine.images.add(image);
  machine.record('image pulled', image, tookMs);
}

/** Images that a host has from the beginning: those of its own version. */
export function firstImages(machine: Machine): readonly string[] {
  const { description } = machine.world;
  const all = imagesOf(description.version);
  return machine.node.role === 'control-plane' ? all : all.filter((image) => /\/(kube-proxy|pause|coredns):/.test(image));
}

function present(machine: Machine): readonly string[] {
  return [...machine.images].toSorted();
}

/** The registry has every image of every version of Kubernetes, under whatever name its mirror has. */
function inRegistry(image: string): boolean {
  return /\/(kube-(apiserver|controller-manager|scheduler|proxy)|coredns|pause|etcd):v?\d/.test(image);
}

function unknown(call: Call): number {
  call.err(`${call.program}: the twin does not know: ${call.args.join(' ')}`);
  return 1;
}
