import { configMap, told } from '../case.ts';
import type { ConformanceCase, Scene } from '../case.ts';
import type { Answer } from '../subject.ts';

async function maps({ api, core }: Scene, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    await api.ask('POST', core('configmaps'), { body: configMap(`c${at}`, {}, { labels: { app: 'list', parity: at % 2 === 0 ? 'even' : 'odd', ...(at === 0 ? { first: '' } : {}) } }) });
  }
}

function names({ status, body }: Answer): unknown {
  return status === 200 ? body.items.map(({ metadata }) => metadata.name) : { status };
}

const SELECTORS = ['parity=even', 'parity!=even', 'parity in (even, odd)', 'parity notin (odd)', 'first', '!first', 'app=list,parity==odd', 'none=x', 'none!=x'];

/** Lists, selectors, pages. */
export const LIST_CASES: readonly ConformanceCase[] = [
  { name: 'a list says its kind, its items do not', run: async (scene) => {
    await maps(scene, 1);
    const { body } = await scene.api.ask('GET', `${scene.core('configmaps')}?labelSelector=app%3Dlist`);
    return [body.kind, body.apiVersion, Object.keys(body.metadata), body.items[0]?.kind, body.items[0]?.apiVersion];
  } },
  { name: 'label selectors select', run: async (scene) => {
    await maps(scene, 4);
    const seen: unknown[] = [];
    for (const selector of SELECTORS) seen.push([selector, names(await scene.api.ask('GET', `${scene.core('configmaps')}?labelSelector=${encodeURIComponent(`app=list,${selector}`)}`))]);
    return seen;
  } },
  { name: 'a label selector that is none is refused', run: async ({ api, core }) => (await api.ask('GET', `${core('configmaps')}?labelSelector=${encodeURIComponent('a b c')}`)).status },
  { name: 'a field selector by name finds one', run: async (scene) => {
    await maps(scene, 3);
    return [names(await scene.api.ask('GET', `${scene.core('configmaps')}?fieldSelector=metadata.name%3Dc1`)), names(await scene.api.ask('GET', `${scene.core('configmaps')}?labelSelector=app%3Dlist&fieldSelector=metadata.name!%3Dc1`))];
  } },
  { name: 'pages come in order, at one version, and say how many are left', run: async (scene) => {
    await maps(scene, 5);
    const path = `${scene.core('configmaps')}?limit=2`;
    const first = await scene.api.ask('GET', path);
    // What is made meanwhile is not in the list.
    await scene.api.ask('POST', scene.core('configmaps'), { body: configMap('c9') });
    const second = await scene.api.ask('GET', `${path}&continue=${first.body.metadata.continue ?? ''}`);
    return [
      names(first), first.body.metadata.remainingItemCount !== undefined, names(second),
      first.body.metadata.resourceVersion === second.body.metadata.resourceVersion, (first.body.metadata.remainingItemCount ?? 0) - (second.body.metadata.remainingItemCount ?? 0),
    ];
  } },
  { name: 'with a selector it is not said how many are left', run: async (scene) => {
    await maps(scene, 3);
    const { body } = await scene.api.ask('GET', `${scene.core('configmaps')}?limit=1&labelSelector=app%3Dlist`);
    return [body.items.length, body.metadata.continue !== undefined, body.metadata.remainingItemCount];
  } },
  { name: 'the last page has no token', run: async (scene) => {
    await maps(scene, 2);
    const { body } = await scene.api.ask('GET', `${scene.core('configmaps')}?limit=50`);
    return [body.metadata.continue, body.metadata.remainingItemCount];
  } },
  { name: 'a token that is none is refused', run: async (scene) => ((await scene.api.ask('GET', `${scene.core('configmaps')}?limit=1&continue=nonsense`)).status) },
  { name: 'objects are in the order of their names', run: async (scene) => {
    for (const name of ['b', 'a-b', 'a', 'a.b', 'a1']) await scene.api.ask('POST', scene.core('configmaps'), { body: configMap(name, {}, { labels: { app: 'list' } }) });
    return names(await scene.api.ask('GET', `${scene.core('configmaps')}?labelSelector=app%3Dlist`));
  } },
  { name: 'a collection is deleted by selector', run: async (scene) => {
    await maps(scene, 4);
    const { status } = await scene.api.ask('DELETE', `${scene.core('configmaps')}?labelSelector=parity%3Deven`);
    return [status, names(await scene.api.ask('GET', `${scene.core('configmaps')}?labelSelector=app%3Dlist`))];
  } },
  { name: 'discovery lists the resources of a group', run: async ({ api }) => {
    const seen: unknown[] = [];
    for (const path of ['/api/v1', '/apis/apps/v1', '/apis/policy/v1', '/apis/coordination.k8s.io/v1']) {
      const { status, body } = await api.ask('GET', path);
      const wanted = ['nodes', 'pods', 'pods/eviction', 'configmaps', 'daemonsets', 'deployments', 'deployments/scale', 'statefulsets', 'poddisruptionbudgets', 'poddisruptionbudgets/status', 'leases'];
      seen.push([status, body.kind, body.groupVersion, body.resources.filter(({ name }) => wanted.includes(name)).map(({ name, kind, namespaced, singularName, verbs }) => [name, kind, namespaced, singularName, verbs])]);
    }
    return seen;
  } },
  { name: 'version and health are told', run: async ({ api }) => {
    const version = await api.ask('GET', '/version');
    const [ready, live, verbose] = [await api.ask('GET', '/readyz'), await api.ask('GET', '/livez'), await api.ask('GET', '/readyz?verbose')];
    return [/^v1\.\d+\.\d+$/.test(version.body.gitVersion ?? ''), version.body.major, ready.text, live.text, verbose.text.split('\n')[0], verbose.text.trimEnd().split('\n').at(-1)];
  } },
  { name: 'a group that is not there is not found', run: async ({ api }) => told(await api.ask('GET', '/apis/nothing.example/v1')) },
];
