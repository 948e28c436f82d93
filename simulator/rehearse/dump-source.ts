import type { ListSource } from '../../activities/dump/read-dump.ts';
import type { ConfigMap, Node, Pod } from '../../activities/kubernetes/objects.ts';
import type { ObservedKube } from '../../activities/observe/observe-cluster.ts';
import type { DumpedObject, DumpedObjects } from './dump-files.ts';

const KINDS: Readonly<Record<string, string>> = {
  '/api/v1/nodes': 'Node', '/api/v1/pods': 'Pod', '/api/v1/persistentvolumes': 'PersistentVolume',
  '/apis/policy/v1/poddisruptionbudgets': 'PodDisruptionBudget', '/apis/apps/v1/replicasets': 'ReplicaSet', '/apis/apps/v1/deployments': 'Deployment',
  '/apis/apps/v1/statefulsets': 'StatefulSet', '/apis/apps/v1/daemonsets': 'DaemonSet', '/apis/batch/v1/jobs': 'Job',
};

/** The files of a dump in the place of the API's lists. */
export function listsOf(objects: DumpedObjects): ListSource {
  return {
    fold: (path, begin, add) => Promise.resolve(add(begin(), kindOf(objects, KINDS[path] ?? path))),
    gap: (error) => { throw error; },
  };
}

/** The files of a dump in the place of the API, for what an observation reads. */
export function observedKubeOf(objects: DumpedObjects): ObservedKube {
  const named = <T>(kind: string, name: string): T | null => kindOf<T & DumpedObject>(objects, kind).find((object) => object.metadata.name === name) ?? null;
  return {
    clusterUid: () => Promise.resolve(named<DumpedObject>('Namespace', 'kube-system')?.metadata.uid ?? ''),
    serverVersion: () => Promise.resolve(kindOf<Node>(objects, 'Node')[0]?.status.nodeInfo.kubeletVersion ?? ''),
    listNodes: () => Promise.resolve(kindOf<Node>(objects, 'Node')),
    // Only static pods are asked for, and whoever asks knows them by more than their service account.
    listPods: ({ namespace }) => Promise.resolve(kindOf<Pod>(objects, 'Pod').filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)),
    getConfigMap: (_namespace, name) => Promise.resolve(named<ConfigMap>('ConfigMap', name)),
  };
}

/** The reader has looked at the form of nodes and pods; what else is read is optional. */
function kindOf<T>(objects: DumpedObjects, kind: string): readonly T[] {
  return (objects.get(kind) ?? []) as readonly unknown[] as readonly T[];
}
