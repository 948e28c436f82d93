import { stringify } from 'yaml';
import { companionsOf, staticPodImages } from '../../components.ts';
import { coreDns, kubeProxy } from '../../api/cluster-objects.ts';
import { objectAt, textAt } from '../../api/http/json.ts';
import { minorNumber } from '../machine.ts';
import { manifestText, patched } from '../manifest.ts';
import type { Call } from './call.ts';
import { option, patchesIn, readConfigFile } from './kubeadm-files.ts';

/** How the folder of KUBEADM_INIT_DRYRUN_DIR comes to the twin: the environment of a call does not. */
export const DRY_RUN_DIR = '--twin-dry-run-dir';

/** `kubeadm init phase addon NAME --print-manifest`. */
export function printAddon(call: Call, kubeadm: string, name: string, failed: (cause: string) => number): number {
  const { machine, args } = call;
  const config = option(args, '--config');
  if (config === null || !args.includes('--print-manifest')) return failed("the twin's kubeadm prints add-ons with --config and --print-manifest only");
  const documents = readConfigFile(machine, config);
  const version = textAt(documents.get('ClusterConfiguration'), 'kubernetesVersion') ?? kubeadm;
  const folder = textAt(objectAt(documents.get('InitConfiguration'), 'patches'), 'directory');
  if (name === 'kube-proxy') return printed(call, `---\n${stringify(kubeProxy(version))}`);
  const text = stringify(coreDns(companionsOf(kubeadm).coredns));
  if (folder === undefined) return printed(call, `---\n${text}`);
  // So does kubeadm, the missing end of a line included.
  const patches = patchesIn(machine, folder);
  return printed(call, `[patches] Reading patches from path "${folder}"\n---${patched(text, 'corednsdeployment', patches)}`);
}

function printed(call: Call, text: string): number {
  for (const line of text.trimEnd().split('\n')) call.out(line);
  return 0;
}

/** `kubeadm init phase control-plane all` and `etcd local`, with `--dry-run`: manifests in a folder, and nothing else. */
export function renderManifests(call: Call, kubeadm: string, phase: string, failed: (cause: string) => number): number {
  const { machine, args } = call;
  const [config, out] = [option(args, '--config'), option(args, DRY_RUN_DIR)];
  if (config === null || out === null || !args.includes('--dry-run')) return failed("the twin's kubeadm makes manifests in a dry run with --config and KUBEADM_INIT_DRYRUN_DIR only");
  const documents = readConfigFile(machine, config);
  const cluster = documents.get('ClusterConfiguration');
  const version = textAt(cluster, 'kubernetesVersion') ?? kubeadm;
  if (minorNumber(version) < minorNumber(kubeadm) - 1) return failed(`this version of kubeadm only supports deploying clusters with the control plane version >= v1.${String(minorNumber(kubeadm) - 1)}.0. Current version: ${version}`);
  const folder = textAt(objectAt(documents.get('InitConfiguration'), 'patches'), 'directory');
  const patches = folder === undefined ? [] : patchesIn(machine, folder);
  const etcdOnly = phase === 'etcd local';
  for (const [component, image] of Object.entries(staticPodImages(version))) {
    if ((component === 'etcd') !== etcdOnly) continue;
    call.out(`[${etcdOnly ? 'etcd' : 'control-plane'}] Creating static Pod manifest for "${component}"`);
    machine.files.write(`${out}/${component}.yaml`, manifestText(machine, component, { image, configuration: stringify(cluster), patches }), 0o600);
  }
  return 0;
}
