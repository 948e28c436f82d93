import { parse, parseAllDocuments, stringify } from 'yaml';
import { isList, isObject, objectAt } from '../api/http/json.ts';
import { jsonPatch } from '../api/http/patch/json-patch.ts';
import { mergePatch } from '../api/http/patch/merge-patch.ts';
import { strategicMerge } from '../api/http/patch/strategic-merge.ts';
import type { Machine } from './machine.ts';

export const SECURE_PORT = 6443;

/** A patch file of kubeadm's. */
export interface TwinPatch {
  readonly name: string;
  readonly text: string;
}

export interface ManifestOptions {
  readonly image: string;
  /** ClusterConfiguration, for the flags that a person has added. */
  readonly configuration: string;
  readonly patches: readonly TwinPatch[];
}

/** Part of the ClusterConfiguration that a component is made from. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  'kube-apiserver': ['apiServer'], 'kube-controller-manager': ['controllerManager'], 'kube-scheduler': ['scheduler'], etcd: ['etcd', 'local'],
};

/** Manifest of a static pod as kubeadm makes it, as far as anything reads it. */
export function manifestText(machine: Machine, component: string, { image, configuration, patches }: ManifestOptions): string {
  const flags = [...ownFlags(machine, component), ...extraFlags(component, configuration)];
  const annotations = component === 'kube-apiserver' ? ['  annotations:', `    kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint: ${machine.address}:${String(SECURE_PORT)}`] : [];
  const text = [
    'apiVersion: v1', 'kind: Pod', 'metadata:', ...annotations, '  labels:', `    component: ${component}`, '    tier: control-plane', `  name: ${component}`, '  namespace: kube-system',
    'spec:', '  containers:', '  - command:', `    - ${component}`, ...flags.map((flag) => `    - ${flag}`),
    `    image: ${image}`, '    imagePullPolicy: IfNotPresent', `    name: ${component}`, '  hostNetwork: true', '',
  ].join('\n');
  return patched(text, component, patches);
}

/** Flags of the container that a manifest describes. */
export function flagsInManifest(text: string): readonly string[] {
  return [...text.matchAll(/^ *- (--\S+)$/gm)].map((found) => found[1] ?? '');
}

/** A file with the patches of its target, as kubeadm applies them. */
export function patched(text: string, target: string, patches: readonly TwinPatch[]): string {
  let object: unknown = null;
  for (const patch of patches) {
    if (!new RegExp(`^${target}[^.+]*(\\+|\\.)`).test(patch.name)) continue;
    object ??= parse(text);
    for (const document of documentsOf(patch.text)) object = withPatch(object, patch.name, document);
  }
  return object === null ? text : stringify(object, { lineWidth: 0 });
}

function withPatch(object: unknown, name: string, patch: unknown): unknown {
  if (name.includes('+json')) return jsonPatch(object, patch);
  return name.includes('+merge') ? mergePatch(object, patch) : strategicMerge(object, patch);
}

function documentsOf(text: string): readonly unknown[] {
  const documents = parseAllDocuments(text);
  if (!isList(documents)) return [];
  return documents.flatMap((document): readonly unknown[] => {
    const value: unknown = document.toJS();
    return value === null || value === undefined ? [] : [value];
  });
}

function ownFlags(machine: Machine, component: string): readonly string[] {
  if (component === 'kube-apiserver') return [`--advertise-address=${machine.address}`, `--secure-port=${String(SECURE_PORT)}`, '--etcd-servers=https://127.0.0.1:2379'];
  if (component === 'etcd') {
    return [
      `--advertise-client-urls=https://${machine.address}:2379`, `--initial-advertise-peer-urls=https://${machine.address}:2380`, `--name=${machine.node.name}`, '--data-dir=/var/lib/etcd',
      '--cert-file=/etc/kubernetes/pki/etcd/server.crt', '--key-file=/etc/kubernetes/pki/etcd/server.key', `--listen-client-urls=https://127.0.0.1:2379,https://${machine.address}:2379`,
      '--trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt',
    ];
  }
  return [`--kubeconfig=/etc/kubernetes/${component.replace('kube-', '')}.conf`, '--leader-elect=true'];
}

/** `extraArgs` in the form of v1beta4. */
function extraFlags(component: string, configuration: string): readonly string[] {
  if (!configuration.includes('extraArgs')) return [];
  let part: unknown = parse(configuration);
  for (const key of PARTS[component] ?? []) part = objectAt(part, key);
  const extra = isObject(part) ? part['extraArgs'] : undefined;
  return isList(extra) ? extra.filter(isObject).map(({ name, value }) => `--${String(name)}=${String(value)}`) : [];
}
