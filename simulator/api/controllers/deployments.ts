import type { ApiObject } from '../../model.ts';
import { withCondition } from '../conditions.ts';
import { isEnding, keyOf, ownerOf, workloadOf } from '../kinds.ts';
import type { Condition, Workload } from '../kinds.ts';
import { CONTROLLER_DELAY_MS } from '../machinery.ts';
import type { Machinery, Settling } from '../machinery.ts';
import { scaledValue } from '../quantity.ts';
import { createWorkQueue } from '../work-queue.ts';
import { ownerReference, withStatus } from './new-pod.ts';
import { TEMPLATE_HASH, templateHash } from './template-hash.ts';

/** Rolls each Deployment's template out over its ReplicaSets, within maxSurge and maxUnavailable. */
export function createDeployments({ store, clock }: Machinery): Settling {
  /** Names of ReplicaSets by the Deployment that owns them. */
  const setsOf = new Map<string, Set<string>>();
  const queue = createWorkQueue(clock, CONTROLLER_DELAY_MS, reconcile);

  function reconcile(key: string): void {
    const [namespace = '', name = ''] = key.split('/');
    const found = store.get('deployments', namespace, name);
    if (found === null || isEnding(found)) return;
    const deployment = workloadOf(found);
    const sets = [...(setsOf.get(key) ?? [])].flatMap((set) => store.get('replicasets', namespace, set) ?? []).map(workloadOf);
    const hash = templateHash(deployment.spec.template);
    const current = sets.find((set) => templateHash(set.spec.template) === hash) ?? create(deployment, hash, sets.length === 0);
    roll(deployment, current, sets.filter((set) => set.metadata.name !== current.metadata.name));
    report(namespace, name, current.metadata.name, key);
  }

  function create(deployment: Workload, hash: string, first: boolean): Workload {
    const { name, namespace } = deployment.metadata;
    const labels = { ...deployment.spec.template.metadata?.labels, [TEMPLATE_HASH]: hash };
    const object: ApiObject = {
      apiVersion: 'apps/v1', kind: 'ReplicaSet',
      metadata: { name: `${name}-${hash}`, namespace: namespace ?? 'default', labels, ownerReferences: [ownerReference(deployment)], annotations: { 'deployment.kubernetes.io/revision': '1' } },
      spec: {
        replicas: first ? deployment.spec.replicas ?? 1 : 0,
        selector: { ...deployment.spec.selector, matchLabels: { ...deployment.spec.selector?.matchLabels, [TEMPLATE_HASH]: hash } },
        template: { ...deployment.spec.template, metadata: { ...deployment.spec.template.metadata, labels } },
      },
    };
    return workloadOf(store.put('replicasets', object));
  }

  function roll(deployment: Workload, current: Workload, old: readonly Workload[]): void {
    const wanted = deployment.spec.replicas ?? 1;
    const { maxSurge, maxUnavailable } = limits(deployment, wanted);
    const oldReplicas = sum(old, (set) => set.spec.replicas ?? 0);
    const room = wanted + maxSurge - oldReplicas - (current.spec.replicas ?? 0);
    const replicas = oldReplicas === 0 ? wanted : Math.min(wanted, (current.spec.replicas ?? 0) + Math.max(0, room));
    scale(current, replicas);
    let spare = sum([current, ...old], (set) => Number(set.status?.['availableReplicas'] ?? 0)) - (wanted - maxUnavailable);
    for (const set of old) {
      const has = set.spec.replicas ?? 0;
      const unavailable = Math.max(0, has - Number(set.status?.['availableReplicas'] ?? 0));
      const less = Math.min(has, unavailable + Math.max(0, spare));
      spare -= Math.max(0, less - unavailable);
      if (less > 0) scale(set, has - less);
    }
  }

  function scale(set: Workload, replicas: number): void {
    if (set.spec.replicas === replicas) return;
    store.update('replicasets', set.metadata.namespace ?? null, set.metadata.name, (object) => ({ ...object, spec: { ...workloadOf(object).spec, replicas } }));
  }

  function report(namespace: string, name: string, current: string, key: string): void {
    const sets = [...(setsOf.get(key) ?? [])].flatMap((set) => store.get('replicasets', namespace, set) ?? []).map(workloadOf);
    const total = (field: string): number => sum(sets, (set) => Number(set.status?.[field] ?? 0));
    store.update('deployments', namespace, name, (object) => {
      const deployment = workloadOf(object);
      const wanted = deployment.spec.replicas ?? 1;
      const available = total('availableReplicas');
      const updated = sum(sets.filter((set) => set.metadata.name === current), (set) => Number(set.status?.['replicas'] ?? 0));
      const enough = available >= wanted - limits(deployment, wanted).maxUnavailable;
      const changed = withStatus(deployment, {
        observedGeneration: object.metadata.generation ?? 1, replicas: total('replicas'), updatedReplicas: updated,
        readyReplicas: total('readyReplicas'), availableReplicas: available, unavailableReplicas: Math.max(0, wanted - available),
      });
      if (changed === deployment) return deployment;
      const conditions = changed.status?.['conditions'] as readonly Condition[] | undefined;
      const condition: Condition = { type: 'Available', status: enough ? 'True' : 'False', reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable', message: `Deployment ${enough ? 'has' : 'does not have'} minimum availability.` };
      return { ...changed, status: { ...changed.status, conditions: withCondition(conditions, condition, clock.now()) } };
    });
  }

  store.subscribe(({ resource, type, object, previous }) => {
    if (resource === 'deployments' && type !== 'DELETED' && previous?.['spec'] !== object['spec']) queue.add(keyOf(object));
    if (resource !== 'replicasets') return;
    const owner = ownerOf(object);
    if (owner?.kind !== 'Deployment') return;
    const key = `${object.metadata.namespace ?? ''}/${owner.name}`;
    const sets = setsOf.get(key) ?? new Set();
    setsOf.set(key, sets);
    if (type === 'DELETED') sets.delete(object.metadata.name);
    else sets.add(object.metadata.name);
    queue.add(key);
  });
  return { settle: () => queue.flush() };
}

function limits(deployment: Workload, wanted: number): { readonly maxSurge: number; readonly maxUnavailable: number } {
  if (deployment.spec.strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: wanted };
  const rolling = deployment.spec.strategy?.rollingUpdate;
  const maxSurge = scaledValue(rolling?.maxSurge ?? '25%', wanted, 'up');
  const maxUnavailable = scaledValue(rolling?.maxUnavailable ?? '25%', wanted, 'down');
  return { maxSurge, maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable };
}

function sum(sets: readonly Workload[], count: (set: Workload) => number): number {
  let total = 0;
  for (const set of sets) total += count(set);
  return total;
}
