import { configMap, deployment, told } from '../case.ts';
import type { Answer } from '../subject.ts';
import type { ConformanceCase, Scene } from '../case.ts';

const MERGE = 'application/merge-patch+json';

function apply({ api, core }: Scene, manager: string, data: Readonly<Record<string, string>>, query = ''): Promise<Answer> {
  return api.ask('PATCH', `${core('configmaps', 'a')}?fieldManager=${manager}${query}`, { type: 'application/apply-patch+yaml', body: configMap('a', data) });
}

function applyDeployment({ api, path }: Scene, manager: string, change: Readonly<Record<string, unknown>>, query = ''): Promise<Answer> {
  return api.ask('PATCH', `${path('apps/v1', 'deployments', 'web')}?fieldManager=${manager}${query}`, { type: 'application/apply-patch+yaml', body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, ...change } });
}

function template(containers: readonly unknown[]): unknown {
  return { metadata: { labels: { app: 'web' } }, spec: { containers } };
}

function managers(answer: Answer): unknown {
  return answer.body.metadata.managedFields?.map(({ manager, operation, apiVersion, fieldsType, fieldsV1, subresource }: Record<string, unknown>) => ({ manager, operation, apiVersion, fieldsType, fieldsV1, subresource }));
}

/** Server-side apply. */
export const APPLY_CASES: readonly ConformanceCase[] = [
  { name: 'an apply creates what is not there', run: async (scene) => {
    const first = await apply(scene, 'one', { a: '1' });
    return [first.status, first.body.data, managers(first)];
  } },
  { name: 'an apply again by the same manager changes and takes away what it gave up', run: async (scene) => {
    await apply(scene, 'one', { a: '1', b: '2' });
    const again = await apply(scene, 'one', { a: '3' });
    return [again.status, again.body.data, managers(again)];
  } },
  { name: 'an apply that changes nothing keeps the version', run: async (scene) => {
    const first = await apply(scene, 'one', { a: '1' });
    const again = await apply(scene, 'one', { a: '1' });
    return [again.status, first.body.metadata.resourceVersion === again.body.metadata.resourceVersion];
  } },
  { name: 'two managers apply different fields side by side', run: async (scene) => {
    await apply(scene, 'one', { a: '1' });
    const second = await apply(scene, 'two', { b: '2' });
    return [second.status, second.body.data, managers(second)];
  } },
  { name: 'two managers share a field with the same value', run: async (scene) => {
    await apply(scene, 'one', { a: '1' });
    const second = await apply(scene, 'two', { a: '1' });
    const third = await apply(scene, 'one', { b: '2' });
    return [second.status, third.body.data];
  } },
  { name: "another manager's field with another value is a conflict", run: async (scene) => {
    await apply(scene, 'one', { a: '1' });
    return told(await apply(scene, 'two', { a: '2' }));
  } },
  { name: 'two fields of one manager are one conflict list', run: async (scene) => {
    await apply(scene, 'one', { a: '1', b: '2' });
    return told(await apply(scene, 'two', { a: '2', b: '3' }));
  } },
  { name: 'fields of two managers are told by manager', run: async (scene) => {
    await apply(scene, 'one', { a: '1' });
    await apply(scene, 'two', { b: '2' });
    const { status, body } = await apply(scene, 'three', { a: '2', b: '3' });
    // The real server lists the causes in any order.
    return [status, body.message, body.details?.causes?.map(({ message = '', field = '' }) => `${message} ${field}`).toSorted()];
  } },
  { name: 'force takes the field over', run: async (scene) => {
    await apply(scene, 'one', { a: '1' });
    const forced = await apply(scene, 'two', { a: '2' }, '&force=true');
    return [forced.status, forced.body.data, managers(forced)];
  } },
  { name: 'a field that someone updated is theirs', run: async (scene) => {
    await apply(scene, 'one', { a: '1' });
    await scene.api.ask('PATCH', `${scene.core('configmaps', 'a')}?fieldManager=editor`, { type: MERGE, body: { data: { a: '9' } } });
    return told(await apply(scene, 'one', { a: '1' }));
  } },
  { name: 'containers are applied by name', run: async (scene) => {
    const spec = { replicas: 0, selector: { matchLabels: { app: 'web' } } };
    const first = await applyDeployment(scene, 'one', { spec: { ...spec, template: template([{ name: 'main', image: 'a:1' }]) } });
    const second = await applyDeployment(scene, 'two', { spec: { selector: spec.selector, template: template([{ name: 'side', image: 'b:1' }]) } });
    const images = (answer: Answer): unknown => answer.body.spec.template.spec.containers.map(({ name, image }) => [name, image]);
    return [first.status, images(first), second.status, images(second)];
  } },
  { name: "a conflict inside a container names it by its key", run: async (scene) => {
    const spec = { replicas: 0, selector: { matchLabels: { app: 'web' } } };
    await applyDeployment(scene, 'one', { spec: { ...spec, template: template([{ name: 'main', image: 'a:1' }]) } });
    return told(await applyDeployment(scene, 'two', { spec: { ...spec, template: template([{ name: 'main', image: 'a:2' }]) } }));
  } },
  { name: 'what was created otherwise belongs to who created it', run: async (scene) => {
    await scene.api.ask('POST', `${scene.path('apps/v1', 'deployments')}?fieldManager=creator`, { body: deployment('web') });
    return told(await applyDeployment(scene, 'one', { spec: { replicas: 2 } }));
  } },
  { name: 'a dry run of an apply keeps nothing', run: async (scene) => {
    const dry = await apply(scene, 'one', { a: '1' }, '&dryRun=All');
    return [dry.status, (await scene.api.ask('GET', scene.core('configmaps', 'a'))).status];
  } },
  { name: 'a configuration in YAML is taken', run: async ({ api, core }) => {
    const { status, body } = await api.ask('PATCH', `${core('configmaps', 'a')}?fieldManager=one`, { type: 'application/apply-patch+yaml', body: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  key: value\n' });
    return [status, body.data];
  } },
];
