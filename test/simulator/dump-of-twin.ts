import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClusterModel } from '../../simulator/api/cluster-model.ts';
import { createVirtualClock } from '../../simulator/clock.ts';
import type { ClusterDescription } from '../../simulator/description.ts';
import type { ApiObject } from '../../simulator/model.ts';

/** Resources of a dump, as `kubectl get` is asked for them. */
const RESOURCES = [
  'nodes', 'pods', 'deployments', 'replicasets', 'statefulsets', 'daemonsets', 'jobs', 'poddisruptionbudgets', 'persistentvolumes',
] as const;

/** What `kubectl get … -o json` would write of a described cluster at rest, by file name. */
export function dumpOfTwin(description: ClusterDescription): Readonly<Record<string, unknown>> {
  const { store, stop } = createClusterModel({ description, clock: createVirtualClock(Date.UTC(2026, 0, 1)), seed: 1, heartbeats: false });
  try {
    return {
      'cluster.json': { apiVersion: 'v1', kind: 'List', items: RESOURCES.flatMap((resource) => store.list(resource)) },
      'kube-system.json': present(store.get('namespaces', null, 'kube-system')),
      'kubeadm-config.json': present(store.get('configmaps', 'kube-system', 'kubeadm-config')),
    };
  } finally {
    stop();
  }
}

export async function writeDump(folder: string, files: Readonly<Record<string, unknown>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, value] of Object.entries(files)) await writeFile(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
}

function present(object: ApiObject | null): ApiObject {
  if (object === null) throw new Error('the twin lacks an object that every cluster of kubeadm has');
  return object;
}
