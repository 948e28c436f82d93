import { CONTROLLER_DELAY_MS } from '../machinery.ts';
import type { Machinery, Settling } from '../machinery.ts';
import { createWorkQueue } from '../work-queue.ts';

/** Gives each namespace what every namespace has: a service account and the cluster's root certificates. */
export function createNamespaces({ store, clock }: Machinery): Settling {
  const queue = createWorkQueue(clock, CONTROLLER_DELAY_MS, (name) => {
    if (store.get('namespaces', null, name)?.metadata.deletionTimestamp !== undefined) return;
    if (store.get('serviceaccounts', name, 'default') === null) store.put('serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } });
    if (store.get('configmaps', name, 'kube-root-ca.crt') === null) store.put('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-root-ca.crt', namespace: name }, data: { 'ca.crt': '' } });
  });
  store.subscribe(({ resource, type, object }) => {
    if (resource === 'namespaces' && type === 'ADDED') queue.add(object.metadata.name);
  });
  return { settle: () => queue.flush() };
}
