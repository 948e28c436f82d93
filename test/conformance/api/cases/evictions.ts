import { budget, node, pod, told } from '../case.ts';
import type { ConformanceCase, Scene } from '../case.ts';
import { settled } from '../run-cases.ts';
import type { Answer } from '../subject.ts';

const STRATEGIC = 'application/strategic-merge-patch+json';

/** Pods of one app that count as Running and Ready, on a node that has no kubelet: nothing but the API acts on them. */
async function readyPods({ api, core, namespace, afterwards }: Scene, names: readonly string[], ready = true): Promise<void> {
  const nodeName = `${namespace}-n`;
  afterwards(`/api/v1/nodes/${nodeName}`);
  await api.ask('POST', '/api/v1/nodes', { body: node(nodeName) });
  for (const name of names) {
    await api.ask('POST', core('pods'), { body: pod(name, nodeName, { app: 'web' }) });
    await api.ask('PATCH', `${core('pods', name)}/status`, { type: STRATEGIC, body: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] } } });
  }
}

async function withBudget({ api, path }: Scene, name: string, spec: Readonly<Record<string, unknown>>, healthy: number): Promise<void> {
  await api.ask('POST', path('policy/v1', 'poddisruptionbudgets'), { body: { ...(budget(name, spec) as object), spec: { selector: { matchLabels: { app: 'web' } }, ...spec } } });
  await settled(() => api.ask('GET', path('policy/v1', 'poddisruptionbudgets', name)), ({ body }) => body.status.observedGeneration === 1 && body.status.currentHealthy === healthy);
}

function evict({ api, core, namespace }: Scene, name: string, options?: Readonly<Record<string, unknown>>): Promise<Answer> {
  return api.ask('POST', `${core('pods', name)}/eviction`, { body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, ...(options === undefined ? {} : { deleteOptions: options }) } });
}

async function state({ api, core }: Scene, name: string): Promise<unknown> {
  const { status, body } = await api.ask('GET', core('pods', name));
  if (status === 404) return 'gone';
  const target = body.status.conditions?.find(({ type }) => type === 'DisruptionTarget');
  return { ending: body.metadata.deletionTimestamp !== undefined, grace: body.metadata.deletionGracePeriodSeconds, target: target === undefined ? undefined : [target.status, target.reason, target.message] };
}

async function budgetStatus({ api, path }: Scene, name: string): Promise<unknown> {
  const { body } = await api.ask('GET', path('policy/v1', 'poddisruptionbudgets', name));
  const { expectedPods, currentHealthy, desiredHealthy, disruptionsAllowed, conditions } = body.status;
  return { expectedPods, currentHealthy, desiredHealthy, disruptionsAllowed, condition: conditions?.map(({ type, status, reason }) => [type, status, reason]) };
}

/** Evictions and budgets. */
export const EVICTION_CASES: readonly ConformanceCase[] = [
  { name: 'a pod that no budget guards is evicted, with its own grace', run: async (scene) => {
    await readyPods(scene, ['a']);
    const { status, body } = await evict(scene, 'a');
    return [status, body.kind, body.status, body.code, await state(scene, 'a')];
  } },
  { name: "an eviction's grace counts", run: async (scene) => {
    await readyPods(scene, ['a']);
    await evict(scene, 'a', { gracePeriodSeconds: 7 });
    return state(scene, 'a');
  } },
  { name: 'an eviction without grace takes the pod away at once', run: async (scene) => {
    await readyPods(scene, ['a']);
    await evict(scene, 'a', { gracePeriodSeconds: 0 });
    return state(scene, 'a');
  } },
  { name: 'a pod that is not there is not found', run: async (scene) => told(await evict(scene, 'none')) },
  { name: 'another pod under the name is a conflict', run: async (scene) => {
    await readyPods(scene, ['a']);
    return [told(await evict(scene, 'a', { preconditions: { uid: '00000000-0000-4000-8000-000000000000' } })), await state(scene, 'a')];
  } },
  { name: 'a dry run evicts nothing', run: async (scene) => {
    await readyPods(scene, ['a']);
    const { status } = await evict(scene, 'a', { dryRun: ['All'] });
    return [status, await state(scene, 'a')];
  } },
  { name: 'a pod that is on its way is evicted again', run: async (scene) => {
    await readyPods(scene, ['a']);
    await evict(scene, 'a');
    return (await evict(scene, 'a')).status;
  } },
  { name: "the name of an eviction is the pod's", run: async ({ api, core, namespace }) => told(await api.ask('POST', `${core('pods', 'a')}/eviction`, { body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'b', namespace } } })) },
  { name: 'a budget counts its pods', run: async (scene) => {
    await readyPods(scene, ['a', 'b', 'c']);
    await withBudget(scene, 'two', { minAvailable: 2 }, 3);
    return budgetStatus(scene, 'two');
  } },
  { name: 'a budget lets go what it can spare, and then refuses', run: async (scene) => {
    await readyPods(scene, ['a', 'b', 'c']);
    await withBudget(scene, 'two', { minAvailable: 2 }, 3);
    const first = await evict(scene, 'a');
    const { api, path } = scene;
    await settled(() => api.ask('GET', path('policy/v1', 'poddisruptionbudgets', 'two')), ({ body }) => body.status.currentHealthy === 2);
    const second = await evict(scene, 'b');
    return [first.status, told(second), await state(scene, 'b'), await budgetStatus(scene, 'two')];
  } },
  { name: 'a budget that spares nothing refuses in its own words', run: async (scene) => {
    await readyPods(scene, ['a', 'b']);
    await withBudget(scene, 'two', { minAvailable: 2 }, 2);
    return told(await evict(scene, 'a'));
  } },
  { name: 'a dry run asks the budget as well', run: async (scene) => {
    await readyPods(scene, ['a', 'b']);
    await withBudget(scene, 'two', { minAvailable: 2 }, 2);
    return told(await evict(scene, 'a', { dryRun: ['All'] }));
  } },
  { name: 'two budgets on one pod are more than the API can', run: async (scene) => {
    await readyPods(scene, ['a', 'b']);
    await withBudget(scene, 'one', { minAvailable: 1 }, 2);
    await withBudget(scene, 'other', { minAvailable: 1 }, 2);
    return told(await evict(scene, 'a'));
  } },
  { name: 'a pod that is not Ready goes while its budget is kept', run: async (scene) => {
    await readyPods(scene, ['a', 'b']);
    await readyPods(scene, ['sick'], false);
    await withBudget(scene, 'two', { minAvailable: 2 }, 2);
    return [(await evict(scene, 'sick')).status, (await evict(scene, 'a')).status];
  } },
  { name: 'a pod that is not Ready stays while its budget is not kept', run: async (scene) => {
    await readyPods(scene, ['a']);
    await readyPods(scene, ['sick'], false);
    await withBudget(scene, 'two', { minAvailable: 2 }, 1);
    return told(await evict(scene, 'sick'));
  } },
  { name: 'AlwaysAllow lets what is not Ready go', run: async (scene) => {
    await readyPods(scene, ['a']);
    await readyPods(scene, ['sick'], false);
    await withBudget(scene, 'two', { minAvailable: 2, unhealthyPodEvictionPolicy: 'AlwaysAllow' }, 1);
    return (await evict(scene, 'sick')).status;
  } },
  { name: 'a pod that has not started is not guarded', run: async (scene) => {
    const { api, core } = scene;
    await readyPods(scene, ['a']);
    await withBudget(scene, 'two', { minAvailable: 2 }, 1);
    await api.ask('PATCH', `${core('pods', 'a')}/status`, { type: STRATEGIC, body: { status: { phase: 'Pending' } } });
    return (await evict(scene, 'a')).status;
  } },
  { name: 'a pod that has ended is not guarded, and goes at once', run: async (scene) => {
    const { api, core } = scene;
    await readyPods(scene, ['a']);
    await withBudget(scene, 'two', { minAvailable: 2 }, 1);
    await api.ask('PATCH', `${core('pods', 'a')}/status`, { type: STRATEGIC, body: { status: { phase: 'Succeeded' } } });
    return [(await evict(scene, 'a')).status, await state(scene, 'a')];
  } },
  { name: 'a deleted pod keeps its grace, and goes at once without', run: async (scene) => {
    const { api, core } = scene;
    await readyPods(scene, ['a']);
    const deleted = await api.ask('DELETE', core('pods', 'a'));
    const forced = await api.ask('DELETE', `${core('pods', 'a')}?gracePeriodSeconds=0`);
    return [deleted.status, deleted.body.kind, deleted.body.metadata.deletionGracePeriodSeconds, forced.status, await state(scene, 'a')];
  } },
];
