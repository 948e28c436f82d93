import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClusterModel } from '../../simulator/api/cluster-model.ts';
import { createVirtualClock } from '../../simulator/clock.ts';
import type { ClusterDescription } from '../../simulator/description.ts';
import type { ApiObject, Store } from '../../simulator/model.ts';

import type { DumpedObject, DumpedObjects } from '../../simulator/rehearse/dump-files.ts';
import { planOfDump } from '../../simulator/rehearse/main.ts';
import { parseSpec } from '../../spec/parse.ts';
import type { ClusterDump } from '../../workflows/domain/cluster-dump.ts';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';

/** Resources of a dump, as `kubectl get` is asked for them. */
const RESOURCES = ['nodes', 'pods', 'deployments', 'replicasets', 'statefulsets', 'daemonsets', 'jobs', 'poddisruptionbudgets', 'persistentvolumes'] as const;

function atRest<T>(description: ClusterDescription, look: (store: Store) => T): T {
  const { store, stop } = createClusterModel({ description, clock: createVirtualClock(Date.UTC(2026, 0, 1)), seed: 1, heartbeats: false });
  try {
    return look(store);
  } finally {
    stop();
  }
}

function kubeadmObjects(store: Store): readonly [ApiObject, ApiObject] {
  return [present(store.get('namespaces', null, 'kube-system')), present(store.get('configmaps', 'kube-system', 'kubeadm-config'))];
}

/** What `kubectl get … -o json` would write of a described cluster at rest, by file name. */
export function dumpOfTwin(description: ClusterDescription): Readonly<Record<string, unknown>> {
  return atRest(description, (store) => {
    const [namespace, config] = kubeadmObjects(store);
    const items = RESOURCES.flatMap((resource) => store.list(resource));
    return { 'cluster.json': { apiVersion: 'v1', kind: 'List', items }, 'kube-system.json': namespace, 'kubeadm-config.json': config };
  });
}

/** The same objects by kind, without files. */
export function objectsOfTwin(description: ClusterDescription): DumpedObjects {
  return atRest(description, (store) => {
    const all: readonly ApiObject[] = [...RESOURCES.flatMap((resource) => store.list(resource)), ...kubeadmObjects(store)];
    return Map.groupBy<string, DumpedObject>(all, ({ kind }) => kind);
  });
}

export async function writeDump(folder: string, files: Readonly<Record<string, unknown>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, value] of Object.entries(files)) await writeFile(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
}

export interface SpecChoices {
  readonly maxUnavailable?: number | string;
  readonly drainSeconds?: number;
}

export function specText({ name, target }: Pick<ClusterDescription, 'name' | 'target'>, { maxUnavailable = 1, drainSeconds = 900 }: SpecChoices = {}): string {
  return [
    'apiVersion: capstan.dev/v1', 'kind: ClusterUpgrade', `metadata: {name: ${name}}`, 'spec:', '  driver: kubeadm', `  target: {version: ${target}}`,
    '  access:', '    transport: ssh', '    kubeconfig: {file: /nowhere/kubeconfig}', '    ssh: {user: ops, privateKey: {file: /nowhere/key}, knownHosts: {file: /nowhere/known_hosts}}',
    `  pools: [{name: default, maxUnavailable: ${maxUnavailable}, drain: {timeout: ${drainSeconds}s, deleteEmptyDir: true}}]`, '',
  ].join('\n');
}

export function specOf(description: Pick<ClusterDescription, 'name' | 'target'>, choices: SpecChoices = {}): UpgradeSpec {
  const parsed = parseSpec(specText(description, choices), 'cluster.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.spec;
}

/** Plan and dump of a described cluster, by way of the files that kubectl would write. */
export async function rehearsalOf(description: ClusterDescription, spec: UpgradeSpec): Promise<{ readonly spec: UpgradeSpec; readonly plan: UpgradePlan; readonly dump: ClusterDump }> {
  const folder = await mkdtemp(join(tmpdir(), 'capstan-dump-'));
  try {
    await writeDump(folder, dumpOfTwin(description));
    const result = await planOfDump(spec, folder);
    if (!result.ok) throw new Error(result.failures.map(({ message }) => message).join('\n'));
    return { spec, plan: result.plan, dump: result.dump };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function present(object: ApiObject | null): ApiObject {
  if (object === null) throw new Error('the twin lacks an object that every cluster of kubeadm has');
  return object;
}
