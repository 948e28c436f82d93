import { configMap } from '../case.ts';
import type { ConformanceCase, Scene } from '../case.ts';

const MERGE = 'application/merge-patch+json';

/** Events of the scene's ConfigMaps named c…, as type, name and label. */
async function watched({ api, core }: Scene, query: string, count: number, during?: () => Promise<void>): Promise<unknown> {
  const lines = await api.watch(`${core('configmaps')}?watch=true&timeoutSeconds=15${query}`, count, during);
  return lines.map(({ type, object }) => (object.kind === 'Status' ? [type, object.code, object.reason, object.status] : [type, object.kind, object.metadata.name, object.metadata.labels?.['app']]));
}

async function version({ api, core }: Scene): Promise<string> {
  return (await api.ask('GET', `${core('configmaps')}?limit=1`)).body.metadata.resourceVersion;
}

/** Watches. */
export const WATCH_CASES: readonly ConformanceCase[] = [
  { name: 'a watch from a version tells what came after it', run: async (scene) => {
    const { api, core } = scene;
    await api.ask('POST', core('configmaps'), { body: configMap('before') });
    const from = await version(scene);
    await api.ask('POST', core('configmaps'), { body: configMap('c') });
    await api.ask('PATCH', core('configmaps', 'c'), { type: MERGE, body: { data: { x: 'y' } } });
    await api.ask('DELETE', core('configmaps', 'c'));
    return watched(scene, `&resourceVersion=${from}`, 3);
  } },
  { name: 'a watch tells what happens while it is open', run: async (scene) => {
    const { api, core } = scene;
    const from = await version(scene);
    return watched(scene, `&resourceVersion=${from}`, 2, async () => {
      await api.ask('POST', core('configmaps'), { body: configMap('c') });
      await api.ask('DELETE', core('configmaps', 'c'));
    });
  } },
  { name: 'a watch without a version begins with what is there', run: async (scene) => {
    const { api, core } = scene;
    await api.ask('POST', core('configmaps'), { body: configMap('c', {}, { labels: { app: 'x' } }) });
    return watched(scene, '&labelSelector=app', 1);
  } },
  { name: 'an object that leaves the selection is deleted for the watch, one that enters it is added', run: async (scene) => {
    const { api, core } = scene;
    await api.ask('POST', core('configmaps'), { body: configMap('c', {}, { labels: { app: 'in' } }) });
    const from = await version(scene);
    const label = (app: string): Promise<unknown> => api.ask('PATCH', core('configmaps', 'c'), { type: MERGE, body: { metadata: { labels: { app } } } });
    await label('out');
    await label('in');
    return watched(scene, `&resourceVersion=${from}&labelSelector=app%3Din`, 2);
  } },
  { name: 'a watch by name tells of that object alone', run: async (scene) => {
    const { api, core } = scene;
    const from = await version(scene);
    await api.ask('POST', core('configmaps'), { body: configMap('other') });
    await api.ask('POST', core('configmaps'), { body: configMap('c') });
    return watched(scene, `&resourceVersion=${from}&fieldSelector=metadata.name%3Dc`, 1);
  } },
  { name: 'a watch from a version that is forgotten is told 410', run: (scene) => watched(scene, '&resourceVersion=1', 1) },
  { name: 'a deleted object is told with its last version', run: async (scene) => {
    const { api, core } = scene;
    const from = await version(scene);
    const created = await api.ask('POST', core('configmaps'), { body: configMap('c') });
    await api.ask('DELETE', core('configmaps', 'c'));
    const lines = await api.watch(`${core('configmaps')}?watch=true&timeoutSeconds=15&resourceVersion=${from}`, 2);
    return [lines.map(({ type }) => type), lines[1]?.object.metadata.uid === created.body.metadata.uid, Number(lines[1]?.object.metadata.resourceVersion) > Number(created.body.metadata.resourceVersion)];
  } },
  { name: 'a watch ends when its time is over', run: async ({ api, core, namespace }) => {
    const lines = await api.watch(`${core('configmaps')}?watch=true&timeoutSeconds=1&labelSelector=none%3D${namespace.slice(-8)}`, 99);
    return lines;
  } },
];
