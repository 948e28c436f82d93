import { configMap, deployment, told } from '../case.ts';
import type { ConformanceCase, Scene } from '../case.ts';
import { settled } from '../run-cases.ts';
import type { Answer } from '../subject.ts';

/** Deletes a Deployment that has a ReplicaSet, and tells what is left of both once it has come to rest. */
async function deletedDeployment(scene: Scene, propagationPolicy: string, left: number): Promise<unknown> {
  const { api, path } = scene;
  const sets = path('apps/v1', 'replicasets');
  await createWithReplicaSet(scene, 'web', 1);
  await untilCollectorKnows(scene, 1);
  const deleted = await deleteDeployment(scene, 'web', propagationPolicy);
  const gone = await settled(() => api.ask('GET', path('apps/v1', 'deployments', 'web')), ({ status }) => status === 404);
  const rest = await settled(() => api.ask('GET', sets), ({ body }) => body.items.length === left);
  return [deleted.status, deleted.body.kind, deleted.body.metadata.deletionTimestamp !== undefined, gone.status, rest.body.items.map(({ metadata }) => metadata.ownerReferences?.length ?? 0)];
}

/**
 * The garbage collector orphans what it knows of: a ReplicaSet of which it has not heard when its Deployment goes is deleted after it.
 * It hears of ReplicaSets in their order, so it knows those that are there once it has deleted a later one.
 */
async function untilCollectorKnows(scene: Scene, sets: number): Promise<void> {
  await createWithReplicaSet(scene, 'later', sets + 1);
  await deleteDeployment(scene, 'later', 'Background');
  await settled(() => scene.api.ask('GET', scene.path('apps/v1', 'replicasets')), ({ body }) => body.items.length === sets);
}

async function createWithReplicaSet({ api, path }: Scene, name: string, sets: number): Promise<void> {
  await api.ask('POST', path('apps/v1', 'deployments'), { body: deployment(name) });
  await settled(() => api.ask('GET', path('apps/v1', 'replicasets')), ({ body }) => body.items.length === sets);
}

function deleteDeployment({ api, path }: Scene, name: string, propagationPolicy: string): Promise<Answer> {
  return api.ask('DELETE', path('apps/v1', 'deployments', name), { body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy } });
}

/** What controllers and defaults make of workloads and namespaces. */
export const WORKLOAD_CASES: readonly ConformanceCase[] = [
  { name: 'a deletion in the background takes the owner at once, and what it owned after it', run: (scene) => deletedDeployment(scene, 'Background', 0) },
  { name: 'a deletion in the foreground takes what is owned first', run: (scene) => deletedDeployment(scene, 'Foreground', 0) },
  { name: 'orphans stay, without their owner', run: (scene) => deletedDeployment(scene, 'Orphan', 1) },
  {
    name: 'generation counts changes of the spec, not of labels',
    run: async ({ api, path }) => {
      const created = await api.ask('POST', path('apps/v1', 'deployments'), { body: deployment('web') });
      const labelled = await api.ask('PATCH', path('apps/v1', 'deployments', 'web'), { type: 'application/merge-patch+json', body: { metadata: { labels: { more: 'x' } } } });
      const changed = await api.ask('PATCH', path('apps/v1', 'deployments', 'web'), { type: 'application/merge-patch+json', body: { spec: { minReadySeconds: 3 } } });
      return [created, labelled, changed].map(({ body }) => body.metadata.generation);
    },
  },
  {
    name: 'a Deployment is filled up with its defaults',
    run: async ({ api, path }) => {
      const { body } = await api.ask('POST', path('apps/v1', 'deployments'), { body: deployment('web') });
      const { replicas, strategy, revisionHistoryLimit, progressDeadlineSeconds, template } = body.spec;
      return { replicas, strategy, revisionHistoryLimit, progressDeadlineSeconds, pod: template.spec };
    },
  },
  {
    name: 'a namespace that ends takes nothing new',
    run: async ({ api, core, namespace }) => {
      await api.ask('POST', core('configmaps'), { body: configMap('a', {}, { finalizers: ['capstan.dev/test'] }) });
      const deleted = await api.ask('DELETE', `/api/v1/namespaces/${namespace}`);
      const refused = told(await api.ask('POST', core('configmaps'), { body: configMap('b') }));
      await api.ask('PATCH', core('configmaps', 'a'), { type: 'application/merge-patch+json', body: { metadata: { finalizers: null } } });
      return [deleted.status, deleted.body.status.phase, refused];
    },
  },
];
