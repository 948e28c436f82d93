import { hostOf } from '../durable-step.ts';
import type { DurableInput, ProbeVerdict } from '../durable-step.ts';
import type { Hosts } from '../hosts/port.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { recordFolder } from '../packages/package-step.ts';
import { stepError } from '../step-error.ts';
import { redactedEnd, redactedStart } from '../redaction/redacted.ts';

export interface KubeadmState {
  /** Version of the installed kubeadm. */
  readonly kubeadm: string;
  /** A kubeadm process runs on the host. */
  readonly running: boolean;
  /** Image of each static pod, by the name of its manifest. */
  readonly images: Readonly<Record<string, string>>;
  /** Tag of the etcd image that this kubeadm brings, `3.6.5-0`; null where it names none. */
  readonly etcdTag: string | null;
  /** What the API server of this node answers on /readyz; null where the node has none. */
  readonly readyz: string | null;
  /** Version that the API server of this node reports; null where it does not answer. */
  readonly serving: string | null;
  /** Backup folders that kubeadm wrote during this upgrade. */
  readonly backups: readonly string[];
}

interface StateInput extends DurableInput {
  readonly node: DurableInput['node'] & { readonly to: string };
}

const PROBE_MS = 60_000;
const CONTROL_PLANE = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/** Reads what kubeadm's upgrade left on a node. Failures: HostStepFailed and those of `Hosts`. */
export async function readKubeadmState(hosts: Hosts, input: StateInput, signal?: AbortSignal): Promise<KubeadmState> {
  const { node } = input;
  const result = await hosts.probe(hostOf(node), SCRIPTS.kubeadmState, [recordFolder(input), node.to], { timeoutMs: PROBE_MS, ...(signal === undefined ? {} : { signal }) });
  if (result.exitCode !== 0) throw stepError('HostStepFailed', `The state of kubeadm on ${node.name} (${node.address}) cannot be read: ${redactedEnd(result.stderr || result.stdout, 500)}`, `correct it on the host, then \`capstan retry ${node.name}\``);
  return parseKubeadmState(result.stdout);
}

export function parseKubeadmState(text: string): KubeadmState {
  const rows = text.split('\n').map((line) => line.trim().split(/ +/));
  const valuesOf = (name: string): readonly string[] => rows.filter(([key]) => key === name).map((row) => row.slice(1).join(' '));
  const wantedEtcd = valuesOf('wanted').find((image) => /\/etcd:/.test(image));
  return {
    kubeadm: valuesOf('kubeadm')[0] ?? '',
    running: valuesOf('running').length > 0,
    images: Object.fromEntries(rows.filter(([key]) => key === 'image').map(([, name = '', image = '']) => [name, image])),
    etcdTag: wantedEtcd === undefined ? null : tagOf(wantedEtcd),
    readyz: valuesOf('readyz')[0] ?? null,
    serving: valuesOf('serving')[0] || null,
    backups: valuesOf('backup'),
  };
}

/** What is still missing for a control plane at the version; empty where nothing is. */
export function controlPlaneProblems(state: KubeadmState, version: string): readonly string[] {
  const problems = CONTROL_PLANE.flatMap((name) => {
    const image = state.images[name];
    if (image === undefined) return [`no static pod manifest ${name}.yaml`];
    return tagOf(image) === version.replace('+', '_') ? [] : [`the manifest of ${name} names ${image}`];
  });
  if (state.readyz !== 'ok') problems.push(`its API server is not ready (${redactedStart(state.readyz ?? 'no answer', 200)})`);
  else if (state.serving !== version) problems.push(`its API server reports ${state.serving ?? 'no version'}`);
  return problems;
}

/** Tag of each component of the control plane that the host has a manifest of. */
export function manifestTags(state: KubeadmState): readonly { readonly name: string; readonly tag: string }[] {
  return CONTROL_PLANE.flatMap((name) => {
    const image = state.images[name];
    return image === undefined ? [] : [{ name, tag: tagOf(image) }];
  });
}

/**
 * kubeadm's upgrade commands may run again after a run that was cut off: they compare and go on. Only while another
 * kubeadm runs on the host nobody can tell what is happening.
 */
export async function kubeadmVerdict(hosts: Hosts, input: StateInput): Promise<ProbeVerdict> {
  const state = await readKubeadmState(hosts, input);
  return state.running ? 'unknown' : 'rerun';
}

function tagOf(image: string): string {
  return image.replace(/@.*$/, '').replace(/^.*:(?=[^/:]*$)/, '');
}
