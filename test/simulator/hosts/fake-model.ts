import type { ApiObject, ClusterModel, Store } from '../../../simulator/model.ts';

export interface FakeModel extends ClusterModel {
  /** What the hosts told the API, in order. */
  readonly calls: readonly string[];
}

/** The least of a cluster's API that hosts need: their own tests are about them alone. */
export function fakeModel(version = 'v1.33.13'): FakeModel {
  const objects = new Map<string, ApiObject>();
  const calls: string[] = [];
  const running = new Set<string>();
  const keyOf = (resource: string, namespace: string | null, name: string): string => `${resource}/${namespace ?? ''}/${name}`;
  let revision = 1_000;
  const store: Store = {
    get version() { return revision; },
    get: (resource, namespace, name) => objects.get(keyOf(resource, namespace, name)) ?? null,
    list: (resource) => [...objects].filter(([key]) => key.startsWith(`${resource}/`)).map(([, object]) => object),
    resources: () => [...new Set([...objects.keys()].map((key) => key.split('/')[0] ?? ''))],
    put: (resource, object) => {
      revision += 1;
      const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
      objects.set(keyOf(resource, object.metadata.namespace ?? null, object.metadata.name), stored);
      return stored;
    },
    update: (resource, namespace, name, change) => {
      const known = objects.get(keyOf(resource, namespace, name));
      if (known === undefined) return null;
      return store.put(resource, change(known));
    },
    remove: (resource, namespace, name) => { objects.delete(keyOf(resource, namespace, name)); },
    contents: () => new Map(store.resources().map((resource) => [resource, store.list(resource)])),
    restore: (former, wanted) => {
      objects.clear();
      for (const [resource, all] of former) for (const object of all) objects.set(keyOf(resource, object.metadata.namespace ?? null, object.metadata.name), object);
      revision = Math.max(revision + 1, wanted);
    },
    subscribe: () => () => undefined,
    onRestore: () => () => undefined,
  };
  store.put('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'kube-system', name: 'kubeadm-config' }, data: { ClusterConfiguration: `apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: ${version}\n` } });
  const workload = (kind: string, name: string, image: string): ApiObject => ({ apiVersion: 'apps/v1', kind, metadata: { namespace: 'kube-system', name, generation: 1 }, spec: { template: { spec: { containers: [{ name, image }] } } } });
  store.put('daemonsets', workload('DaemonSet', 'kube-proxy', `registry.k8s.io/kube-proxy:${version}`));
  store.put('deployments', workload('Deployment', 'coredns', 'registry.k8s.io/coredns/coredns:v1.12.0'));
  return {
    store, calls, evictions: [],
    kubelets: {
      stop: (node) => {
        running.delete(node);
        calls.push(`kubelet of ${node} stopped`);
      },
      start: (node, at) => {
        running.add(node);
        calls.push(`kubelet of ${node} started at ${at}`);
      },
      isRunning: (node) => running.has(node),
      setStaticPods: (node, images) => { calls.push(`static pods of ${node}: ${Object.values(images).map((image) => image.replace(/^.*\//, '')).join(' ')}`); },
    },
    evict: () => ({ kind: 'absent' }),
    stop: () => undefined,
  };
}
