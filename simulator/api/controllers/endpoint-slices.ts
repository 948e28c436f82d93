import type { Selector } from '../../../activities/kubernetes/objects.ts';
import type { ApiObject } from '../../model.ts';
import { isEqual } from '../equal.ts';
import { isEnding, isReadyPod, keyOf, podOf } from '../kinds.ts';
import type { Pod } from '../kinds.ts';
import { CONTROLLER_DELAY_MS } from '../machinery.ts';
import type { Machinery, Settling } from '../machinery.ts';
import { createSelectorIndex } from '../selector-index.ts';
import { createWorkQueue } from '../work-queue.ts';
import { ownerReference } from './new-pod.ts';

/** Keeps one EndpointSlice for each Service that selects pods. No address leads anywhere: what counts is who is ready. */
export function createEndpointSlices({ store, clock }: Machinery): Settling {
  const services = createSelectorIndex();
  const members = new Map<string, Map<string, Pod>>();
  const queue = createWorkQueue(clock, CONTROLLER_DELAY_MS, reconcile);

  function reconcile(key: string): void {
    const [namespace = '', name = ''] = key.split('/');
    const service = store.get('services', namespace, name);
    if (service === null || selectorOf(service) === null) return;
    const endpoints = [...(members.get(key)?.values() ?? [])].filter((pod) => pod.spec.nodeName !== undefined).map(endpointOf);
    const known = store.get('endpointslices', namespace, `${name}-twin`);
    if (known !== null && isEqual(known['endpoints'], endpoints)) return;
    store.put('endpointslices', {
      apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice',
      metadata: { name: `${name}-twin`, namespace, labels: { 'kubernetes.io/service-name': name }, ownerReferences: [ownerReference(service)] },
      addressType: 'IPv4', ports: [], endpoints,
    });
  }

  function onService(service: ApiObject): void {
    const key = keyOf(service);
    const selector = selectorOf(service);
    services.put(service, selector);
    const selected = selector === null ? [] : store.list('pods').map(podOf).filter((pod) => pod.metadata.namespace === service.metadata.namespace && services.matching(pod.metadata.namespace ?? '', pod.metadata.labels ?? {}).includes(key));
    members.set(key, new Map(selected.map((pod) => [keyOf(pod), pod])));
    queue.add(key);
  }

  function onPod(pod: Pod, gone: boolean): void {
    for (const key of services.matching(pod.metadata.namespace ?? '', pod.metadata.labels ?? {})) {
      const pods = members.get(key);
      if (gone) pods?.delete(keyOf(pod));
      else pods?.set(keyOf(pod), pod);
      queue.add(key);
    }
  }

  store.subscribe(({ resource, type, object, previous }) => {
    if (resource === 'pods') onPod(podOf(object), type === 'DELETED');
    if (resource !== 'services') return;
    if (type !== 'DELETED') {
      if (previous?.['spec'] !== object['spec']) onService(object);
      return;
    }
    services.remove(object);
    members.delete(keyOf(object));
    store.remove('endpointslices', object.metadata.namespace ?? null, `${object.metadata.name}-twin`);
  });
  return { settle: () => queue.flush() };
}

function selectorOf(service: ApiObject): Selector | null {
  const { spec } = service;
  if (typeof spec !== 'object' || spec === null || !('selector' in spec)) return null;
  const { selector } = spec;
  if (typeof selector !== 'object' || selector === null) return null;
  const matchLabels = Object.fromEntries(Object.entries(selector).map(([key, value]): readonly [string, string] => [key, String(value)]));
  return Object.keys(matchLabels).length === 0 ? null : { matchLabels };
}

function endpointOf(pod: Pod): unknown {
  const ready = isReadyPod(pod) && !isEnding(pod);
  return {
    addresses: ['10.244.0.1'], nodeName: pod.spec.nodeName, targetRef: { kind: 'Pod', name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid },
    conditions: { ready, serving: isReadyPod(pod), terminating: isEnding(pod) },
  };
}
