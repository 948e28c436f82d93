/** What hosts and API say by themselves, asked without any of Capstan's code. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { kubectl, labFiles, onHost } from '../lab.ts';
import type { LabState } from '../lab.ts';

export interface NodeEvidence {
  readonly name: string;
  readonly kubelet: string;
  readonly ready: boolean;
  readonly unschedulable: boolean;
  readonly taints: readonly string[];
  readonly annotations: readonly string[];
}

interface ApiNode {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly unschedulable?: boolean; readonly taints?: readonly { readonly key: string }[] };
  readonly status: {
    readonly nodeInfo: { readonly kubeletVersion: string };
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
  };
}

export async function nodesOf(lab: LabState): Promise<readonly NodeEvidence[]> {
  const list: { readonly items: readonly ApiNode[] } = JSON.parse(await kubectl(lab, ['get', 'nodes', '-o', 'json']));
  return list.items.map((node) => ({
    name: node.metadata.name,
    kubelet: node.status.nodeInfo.kubeletVersion,
    ready: node.status.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True'),
    unschedulable: node.spec.unschedulable ?? false,
    taints: (node.spec.taints ?? []).map((taint) => taint.key),
    annotations: Object.keys(node.metadata.annotations ?? {}),
  }));
}

/** Version of each etcd member, by its own endpoint. */
export async function etcdVersions(lab: LabState, nodes: readonly string[]): Promise<readonly string[]> {
  const pki = '/etc/kubernetes/pki/etcd';
  const command = `curl -sS --cacert ${pki}/ca.crt --cert ${pki}/server.crt --key ${pki}/server.key https://127.0.0.1:2379/version`;
  return Promise.all(nodes.map(async (node) => {
    const answer: { readonly etcdserver: string } = JSON.parse(await onHost(lab, node, command));
    return answer.etcdserver;
  }));
}

/** Capstan's units that systemd started on a host, by its journal: how often each. */
export async function unitStarts(lab: LabState, node: string): Promise<Readonly<Record<string, number>>> {
  // PID 1 names a unit in UNIT= and says with this message id that it has started one.
  const started = 'MESSAGE_ID=39f53479d3a045ac8e11786248231fbf';
  const text = await onHost(lab, node, `journalctl -o json --no-pager _PID=1 ${started}`);
  const counts: Record<string, number> = {};
  for (const line of text.split('\n').filter((entry) => entry !== '')) {
    const entry: { readonly UNIT?: string } = JSON.parse(line);
    if (entry.UNIT?.startsWith('capstan-') === true) counts[entry.UNIT] = (counts[entry.UNIT] ?? 0) + 1;
  }
  return counts;
}

/** Packages of Kubernetes on a host: `name=version`, and which are held. */
export async function packagesOf(lab: LabState, node: string): Promise<{ readonly versions: readonly string[]; readonly held: readonly string[] }> {
  const versions = await onHost(lab, node, "dpkg-query -W -f '${Package}=${Version}\\n' kubeadm kubelet kubectl");
  const held = await onHost(lab, node, 'apt-mark showhold');
  return { versions: versions.split('\n'), held: held.split('\n') };
}

/** Follows a Deployment's available replicas and remembers the fewest. */
export class AvailabilityWatch {
  readonly #lab: LabState;
  #child: ChildProcess | null = null;
  #stopped = false;
  least = Number.POSITIVE_INFINITY;
  seen = 0;

  constructor(lab: LabState) {
    this.#lab = lab;
  }

  start(namespace: string, deployment: string): void {
    if (this.#stopped) return;
    const args = ['--kubeconfig', labFiles.kubeconfig, '-n', namespace, 'get', 'deployment', deployment, '-w', '-o', 'jsonpath={.status.availableReplicas}{"\\n"}'];
    const child = spawn(this.#lab.kubectl, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const available = Number(line);
      if (line === '' || Number.isNaN(available)) return;
      this.seen += 1;
      this.least = Math.min(this.least, available);
    });
    // The API server at the other end goes away when its node is upgraded: follow through another one.
    child.on('exit', () => this.start(namespace, deployment));
  }

  stop(): void {
    this.#stopped = true;
    this.#child?.kill();
  }
}
