import { configMap, deployment, node, told } from '../case.ts';
import type { ConformanceCase, Scene } from '../case.ts';

const MERGE = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';

async function patchedMap({ api, core }: Scene, type: string, body: unknown): Promise<unknown> {
  await api.ask('POST', core('configmaps'), { body: configMap('a', { one: '1', two: '2' }, { labels: { app: 'a' } }) });
  const answer = await api.ask('PATCH', core('configmaps', 'a'), { type, body });
  return answer.status < 300 ? { status: answer.status, data: answer.body.data, labels: answer.body.metadata.labels } : told(answer);
}

async function patchedTemplate({ api, path }: Scene, type: string, body: unknown): Promise<unknown> {
  const containers = [{ name: 'main', image: 'pause:1', env: [{ name: 'A', value: '1' }, { name: 'B', value: '2' }] }, { name: 'side', image: 'side:1' }];
  await api.ask('POST', path('apps/v1', 'deployments'), {
    body: deployment('web', { template: { metadata: { labels: { app: 'web' } }, spec: { containers, tolerations: [{ key: 'a', operator: 'Exists' }, { key: 'b', operator: 'Exists' }] } } }),
  });
  const { status, body: changed } = await api.ask('PATCH', path('apps/v1', 'deployments', 'web'), { type, body });
  const { spec } = changed.spec.template;
  return { status, tolerations: spec.tolerations, containers: spec.containers.map(({ name, image, env }) => ({ name, image, env })) };
}

/** A node of its own, patched; a node lies in no namespace. */
async function patchedNode({ api, namespace, afterwards }: Scene, patches: readonly (readonly [type: string, path: string, body: unknown])[]): Promise<unknown> {
  const name = `${namespace}-n`;
  afterwards(`/api/v1/nodes/${name}`);
  await api.ask('POST', '/api/v1/nodes', { body: node(name) });
  const seen: unknown[] = [];
  for (const [type, sub, body] of patches) {
    const { status, body: changed } = await api.ask('PATCH', `/api/v1/nodes/${name}${sub}`, { type, body });
    seen.push({
      status, unschedulable: changed.spec.unschedulable,
      taints: (changed.spec.taints ?? []).filter((taint) => taint.key.startsWith('capstan')),
      // The node controller has conditions of its own to say.
      conditions: changed.status.conditions?.filter((condition) => condition.type.startsWith('Capstan')).map(({ type: kind, status: is }) => [kind, is]),
    });
  }
  return seen;
}

export const PATCH_CASES: readonly ConformanceCase[] = [
  { name: 'a merge patch sets, keeps and takes away', run: (scene) => patchedMap(scene, MERGE, { data: { one: null, three: '3' } }) },
  { name: 'a merge patch of null takes a whole map away', run: (scene) => patchedMap(scene, MERGE, { data: null }) },
  { name: 'a merge patch with an older version is a conflict', run: async (scene) => {
    const { api, core } = scene;
    const created = await api.ask('POST', core('configmaps'), { body: configMap('a') });
    await api.ask('PATCH', core('configmaps', 'a'), { type: MERGE, body: { data: { x: 'y' } } });
    return told(await api.ask('PATCH', core('configmaps', 'a'), { type: MERGE, body: { metadata: { resourceVersion: created.body.metadata.resourceVersion }, data: { z: 'z' } } }));
  } },
  { name: 'a merge patch that changes nothing keeps the version', run: async ({ api, core }) => {
    const created = await api.ask('POST', core('configmaps'), { body: configMap('a') });
    const { status, body } = await api.ask('PATCH', core('configmaps', 'a'), { type: MERGE, body: { data: { key: 'value' } } });
    return [status, body.metadata.resourceVersion === created.body.metadata.resourceVersion];
  } },
  { name: 'a merge patch cannot rename', run: (scene) => patchedMap(scene, MERGE, { metadata: { name: 'b' } }) },
  { name: 'a JSON patch adds, replaces and removes', run: (scene) => patchedMap(scene, JSON_PATCH, [{ op: 'add', path: '/data/three', value: '3' }, { op: 'replace', path: '/data/one', value: 'I' }, { op: 'remove', path: '/data/two' }]) },
  { name: 'a JSON patch escapes slashes', run: (scene) => patchedMap(scene, JSON_PATCH, [{ op: 'add', path: '/metadata/labels/capstan.dev~1own', value: 'x' }]) },
  { name: 'a JSON patch whose test fails changes nothing', run: async (scene) => {
    const { status } = (await patchedMap(scene, JSON_PATCH, [{ op: 'test', path: '/data/one', value: 'other' }, { op: 'remove', path: '/data/one' }])) as { readonly status: number };
    return [status, (await scene.api.ask('GET', scene.core('configmaps', 'a'))).body.data];
  } },
  { name: 'a JSON patch removes only what is there', run: async (scene) => ((await patchedMap(scene, JSON_PATCH, [{ op: 'remove', path: '/data/none' }])) as { readonly status: number }).status },
  { name: 'a strategic patch merges containers by name and their environment', run: (scene) => patchedTemplate(scene, STRATEGIC, { spec: { template: { spec: { containers: [{ name: 'main', image: 'pause:2', env: [{ name: 'B', value: '3' }] }] } } } }) },
  { name: 'a strategic patch deletes a container that it names so', run: (scene) => patchedTemplate(scene, STRATEGIC, { spec: { template: { spec: { containers: [{ name: 'side', $patch: 'delete' }] } } } }) },
  { name: 'a strategic patch replaces tolerations as a whole', run: (scene) => patchedTemplate(scene, STRATEGIC, { spec: { template: { spec: { tolerations: [{ key: 'c', operator: 'Exists' }] } } } }) },
  { name: 'a merge patch replaces a list as a whole', run: (scene) => patchedTemplate(scene, MERGE, { spec: { template: { spec: { containers: [{ name: 'only', image: 'only:1' }] } } } }) },
  { name: 'a cordon is set, and taken away by null', run: (scene) => patchedNode(scene, [[MERGE, '', { spec: { unschedulable: null } }], [MERGE, '', { spec: { unschedulable: true } }]]) },
  { name: 'taints are replaced as a whole by a strategic patch', run: (scene) => patchedNode(scene, [
    [STRATEGIC, '', { spec: { taints: [{ key: 'capstan.dev/a', effect: 'PreferNoSchedule' }] } }],
    [STRATEGIC, '', { spec: { taints: [{ key: 'capstan.dev/b', value: 'x', effect: 'NoSchedule' }] } }],
    [MERGE, '', { spec: { taints: null } }],
  ]) },
  { name: 'conditions are merged by type, in the status alone', run: (scene) => patchedNode(scene, [
    [STRATEGIC, '/status', { status: { conditions: [{ type: 'CapstanOne', status: 'True' }] } }],
    [STRATEGIC, '/status', { status: { conditions: [{ type: 'CapstanTwo', status: 'False' }] } }],
    [STRATEGIC, '/status', { status: { conditions: [{ type: 'CapstanOne', status: 'False' }] } }],
  ]) },
  { name: 'a patch of the object leaves its status alone', run: async ({ api, path }) => {
    await api.ask('POST', path('apps/v1', 'deployments'), { body: deployment('web') });
    const { status, body } = await api.ask('PATCH', path('apps/v1', 'deployments', 'web'), { type: MERGE, body: { status: { replicas: 7 }, metadata: { labels: { more: 'x' } } } });
    return [status, body.status.replicas ?? 0, body.metadata.labels];
  } },
  { name: 'a patch of the status leaves the spec alone', run: async ({ api, namespace, afterwards }) => {
    const name = `${namespace}-n`;
    afterwards(`/api/v1/nodes/${name}`);
    await api.ask('POST', '/api/v1/nodes', { body: node(name) });
    const { status, body } = await api.ask('PATCH', `/api/v1/nodes/${name}/status`, { type: MERGE, body: { spec: { unschedulable: null }, status: { nodeInfo: { kubeletVersion: 'v1.2.3' } } } });
    return [status, body.spec.unschedulable, body.status.nodeInfo.kubeletVersion];
  } },
  { name: 'a dry run of a patch shows its result and keeps nothing', run: async (scene) => {
    const { api, core } = scene;
    await api.ask('POST', core('configmaps'), { body: configMap('a') });
    const dry = await api.ask('PATCH', `${core('configmaps', 'a')}?dryRun=All`, { type: MERGE, body: { data: { x: 'y' } } });
    return [dry.status, dry.body.data, (await api.ask('GET', core('configmaps', 'a'))).body.data];
  } },
  { name: 'a scale is read, and set by a patch', run: async ({ api, path }) => {
    await api.ask('POST', path('apps/v1', 'deployments'), { body: deployment('web') });
    const scale = `${path('apps/v1', 'deployments', 'web')}/scale`;
    const read = await api.ask('GET', scale);
    const set = await api.ask('PATCH', scale, { type: MERGE, body: { spec: { replicas: 0 } } });
    return [read.status, read.body.kind, read.body.apiVersion, read.body.spec, read.body.status, set.status, set.body.kind];
  } },
];
