import { stringify } from 'yaml';
import type { PlannedNode } from '../../../workflows/domain/plan.ts';
import { hostOf, lastLines } from '../../durable-step.ts';
import type { Hosts } from '../../hosts/port.ts';
import { SCRIPTS } from '../../hosts/scripts/index.ts';
import { isObject, objectAt } from '../../json-value.ts';
import type { JsonObject } from '../../json-value.ts';
import type { PatchFile } from '../../kubeadm/patches/read-patches.ts';
import { stepError } from '../../step-error.ts';

/** Of one node: what runs, and what kubeadm would write in its place. */
export interface Replaced {
  /** /var/lib/kubelet/config.yaml; null where there is none. */
  readonly kubelet: string | null;
  readonly staticPods: readonly StaticPodTexts[];
  /** Add-ons as kubeadm would write them, by name; none where it was not asked, or cannot print them. */
  readonly addons: ReadonlyMap<string, AddonTexts>;
  /** Why kubeadm made no manifests, in its words; null where it did, or was not asked. */
  readonly failure: string | null;
}

export interface StaticPodTexts {
  readonly component: string;
  /** Manifest in /etc/kubernetes/manifests. */
  readonly running: string;
  /** The same by the kubeadm that is installed, from kubeadm-config and the patches of the spec; null where it wrote none. */
  readonly wanted: string | null;
  /** The same without a person's additions to both; null where there are none, or it wrote none. */
  readonly plain: string | null;
}

/** YAML documents of an add-on. */
export interface AddonTexts {
  readonly wanted: string;
  /** Without a person's additions; null where there are none. */
  readonly plain: string | null;
}

export interface ReplacedInput {
  /** ClusterConfiguration of kubeadm-config. */
  readonly configuration: JsonObject;
  readonly patches: readonly PatchFile[];
  /** Whether kubeadm is asked for its add-ons too: they are the same wherever it is asked. */
  readonly withAddons: boolean;
  readonly signal: AbortSignal;
}

/** Workloads of kube-system that every upgrade writes. */
export const ADDONS = [['DaemonSet', 'kube-proxy'], ['Deployment', 'coredns']] as const;
const READ_MS = 60_000;
/** kubeadm's own, which it writes into the configuration of every cluster. */
const DEFAULT_REPOSITORY = 'registry.k8s.io';

/** Reads it on a host that stays as it is. Failures: HostStepFailed and those of `Hosts`. */
export async function readReplaced(hosts: Hosts, node: PlannedNode, { configuration, patches, withAddons, signal }: ReplacedInput): Promise<Replaced> {
  const args = node.roles.includes('worker') ? [node.name, '', '', ''] : [node.name, ...configurations(configuration, patches.length > 0), withAddons ? 'yes' : '', ...patches.flatMap(({ name, text }) => [name, text])];
  const result = await hosts.probe(hostOf(node), SCRIPTS.readReplaced, args, { timeoutMs: READ_MS, signal });
  if (result.exitCode !== 0) throw stepError('HostStepFailed', `What kubeadm would replace on ${node.name} (${node.address}) cannot be read: ${lastLines(result.stderr || result.stdout)}`, 'Correct it on the host.');
  return parseReplaced(result.stdout);
}

/** As the cluster has it, and without a person's additions; empty where that is the same. */
function configurations(configuration: JsonObject, isPatched: boolean): readonly [string, string] {
  const [whole, plain] = [withoutVersion(configuration), withoutVersion(withoutAdditions(configuration))];
  return [whole, isPatched || plain !== whole ? plain : ''];
}

const ADDITIONS = ['extraArgs', 'extraVolumes', 'extraEnvs', 'imageRepository', 'imageTag'];

function withoutAdditions(configuration: JsonObject): JsonObject {
  const { imageRepository, ...rest } = configuration;
  const etcd = objectAt(rest, 'etcd');
  const parts = ['apiServer', 'controllerManager', 'scheduler', 'dns'].filter((name) => isObject(rest[name])).map((name): [string, unknown] => [name, without(objectAt(rest, name))]);
  return { ...rest, ...(imageRepository === DEFAULT_REPOSITORY ? { imageRepository } : {}), ...Object.fromEntries(parts), ...(isObject(etcd['local']) ? { etcd: { ...etcd, local: without(etcd['local']) } } : {}) };
}

function without(part: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(part).filter(([key]) => !ADDITIONS.includes(key)));
}

/** Its keys at the margin, as the script looks for them. */
function withoutVersion(configuration: JsonObject): string {
  return stringify(Object.fromEntries(Object.entries(configuration).filter(([key]) => key !== 'kubernetesVersion')));
}

export function parseReplaced(text: string): Replaced {
  const sections = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith(' ')) lines.push(line.slice(1));
    else if (line !== '') sections.set(line, lines = []);
  }
  const textOf = (name: string): string | null => sections.get(name)?.join('\n') ?? null;
  const components = [...sections.keys()].flatMap((name) => (name.startsWith('running ') ? [name.slice('running '.length)] : []));
  const addons = ADDONS.flatMap(([, name]): readonly (readonly [string, AddonTexts])[] => {
    const wanted = textOf(`addon ${name}`);
    return wanted === null ? [] : [[name, { wanted, plain: textOf(`plain-addon ${name}`) }]];
  });
  return {
    addons: new Map(addons),
    kubelet: textOf('kubelet'),
    staticPods: components.map((component) => ({ component, running: textOf(`running ${component}`) ?? '', wanted: textOf(`wanted ${component}`), plain: textOf(`plain ${component}`) })),
    failure: textOf('failed'),
  };
}
