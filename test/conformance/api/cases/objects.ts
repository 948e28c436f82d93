import { configMap, lease, told } from '../case.ts';
import type { ConformanceCase } from '../case.ts';

/** Creating, reading, replacing and deleting. */
export const OBJECT_CASES: readonly ConformanceCase[] = [
  {
    name: 'a created object comes back with what the server adds',
    run: async ({ api, core }) => {
      const { status, body } = await api.ask('POST', core('configmaps'), { body: configMap('a') });
      return { status, kind: body.kind, apiVersion: body.apiVersion, data: body.data, metadata: Object.keys(body.metadata).toSorted(), uid: body.metadata.uid };
    },
  },
  { name: 'an object that is not there is not found, with its resource', run: async ({ api, core }) => told(await api.ask('GET', core('configmaps', 'none'))) },
  { name: 'an object of a named group is not found, with its group', run: async ({ api, path }) => told(await api.ask('GET', path('apps/v1', 'deployments', 'none'))) },
  { name: 'a node that is not there is not found', run: async ({ api }) => told(await api.ask('GET', '/api/v1/nodes/capstan-none')) },
  { name: 'a namespace that is not there has no objects to be created in', run: async ({ api }) => told(await api.ask('POST', '/api/v1/namespaces/capstan-none/configmaps', { body: configMap('a') })) },
  { name: 'a list in a namespace that is not there is empty', run: async ({ api }) => {
    const { status, body } = await api.ask('GET', '/api/v1/namespaces/capstan-none/configmaps');
    return { status, kind: body.kind, items: body.items };
  } },
  {
    name: 'a name is given once',
    run: async ({ api, core }) => {
      await api.ask('POST', core('configmaps'), { body: configMap('a') });
      return told(await api.ask('POST', core('configmaps'), { body: configMap('a') }));
    },
  },
  {
    name: 'a Lease is taken once, with its group in the refusal',
    run: async ({ api, path }) => {
      const leases = path('coordination.k8s.io/v1', 'leases');
      const first = await api.ask('POST', leases, { body: lease('lock') });
      return [first.status, first.body.spec, told(await api.ask('POST', leases, { body: lease('lock') }))];
    },
  },
  {
    name: 'generateName makes a name with five more letters',
    run: async ({ api, core }) => {
      const { status, body } = await api.ask('POST', core('configmaps'), { body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'made-' } } });
      return { status, matches: /^made-[a-z0-9]{5}$/.test(body.metadata.name), generateName: body.metadata.generateName };
    },
  },
  {
    name: 'a replaced object keeps uid and time of creation, and has another version',
    run: async ({ api, core }) => {
      const created = await api.ask('POST', core('configmaps'), { body: configMap('a') });
      const { status, body } = await api.ask('PUT', core('configmaps', 'a'), { body: configMap('a', { other: 'x' }) });
      return { status, data: body.data, same: body.metadata.uid === created.body.metadata.uid, newer: body.metadata.resourceVersion !== created.body.metadata.resourceVersion };
    },
  },
  {
    name: 'a replacement that changes nothing keeps the version',
    run: async ({ api, core }) => {
      const created = await api.ask('POST', core('configmaps'), { body: configMap('a') });
      const { body } = await api.ask('PUT', core('configmaps', 'a'), { body: configMap('a') });
      return body.metadata.resourceVersion === created.body.metadata.resourceVersion;
    },
  },
  {
    name: 'a replacement of an older version is a conflict',
    run: async ({ api, core }) => {
      const created = await api.ask('POST', core('configmaps'), { body: configMap('a') });
      await api.ask('PUT', core('configmaps', 'a'), { body: configMap('a', { other: 'x' }) });
      return told(await api.ask('PUT', core('configmaps', 'a'), { body: configMap('a', { third: 'y' }, { resourceVersion: created.body.metadata.resourceVersion }) }));
    },
  },
  {
    name: 'a replacement with another uid is a conflict',
    run: async ({ api, core }) => {
      await api.ask('POST', core('configmaps'), { body: configMap('a') });
      return told(await api.ask('PUT', core('configmaps', 'a'), { body: configMap('a', {}, { uid: '00000000-0000-4000-8000-000000000000' }) }));
    },
  },
  {
    name: 'a replacement under another name is refused',
    run: async ({ api, core }) => {
      await api.ask('POST', core('configmaps'), { body: configMap('a') });
      return told(await api.ask('PUT', core('configmaps', 'a'), { body: configMap('b') }));
    },
  },
  {
    name: 'the namespace of the body is that of the path',
    run: async ({ api, core }) => told(await api.ask('POST', core('configmaps'), { body: configMap('a', {}, { namespace: 'default' }) })),
  },
  {
    name: 'a deleted object is told with name, group, kind and uid',
    run: async ({ api, path }) => {
      await api.ask('POST', path('coordination.k8s.io/v1', 'leases'), { body: lease('lock') });
      const deleted = told(await api.ask('DELETE', path('coordination.k8s.io/v1', 'leases', 'lock')));
      return [deleted, told(await api.ask('DELETE', path('coordination.k8s.io/v1', 'leases', 'lock')))];
    },
  },
  {
    name: 'a deletion with the uid of another object is a conflict',
    run: async ({ api, path }) => {
      await api.ask('POST', path('coordination.k8s.io/v1', 'leases'), { body: lease('lock') });
      return told(await api.ask('DELETE', path('coordination.k8s.io/v1', 'leases', 'lock'), { body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: '00000000-0000-4000-8000-000000000000' } } }));
    },
  },
  {
    name: 'a deletion with an older version is a conflict',
    run: async ({ api, core }) => {
      const created = await api.ask('POST', core('configmaps'), { body: configMap('a') });
      await api.ask('PUT', core('configmaps', 'a'), { body: configMap('a', { other: 'x' }) });
      return told(await api.ask('DELETE', core('configmaps', 'a'), { body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { resourceVersion: created.body.metadata.resourceVersion } } }));
    },
  },
  {
    name: 'a finalizer keeps a deleted object until it is taken away',
    run: async ({ api, core }) => {
      await api.ask('POST', core('configmaps'), { body: configMap('a', {}, { finalizers: ['capstan.dev/test'] }) });
      const deleted = await api.ask('DELETE', core('configmaps', 'a'));
      const kept = await api.ask('GET', core('configmaps', 'a'));
      const freed = await api.ask('PATCH', core('configmaps', 'a'), { type: 'application/merge-patch+json', body: { metadata: { finalizers: null } } });
      return [deleted.status, deleted.body.kind, kept.body.metadata.deletionTimestamp !== undefined, freed.status, (await api.ask('GET', core('configmaps', 'a'))).status];
    },
  },
  {
    name: 'a dry run of a creation keeps nothing',
    run: async ({ api, core }) => {
      const dry = await api.ask('POST', core('configmaps', undefined).concat('?dryRun=All'), { body: configMap('a') });
      return [dry.status, dry.body.data, (await api.ask('GET', core('configmaps', 'a'))).status];
    },
  },
  {
    name: 'a dry run of a deletion keeps the object',
    run: async ({ api, core }) => {
      await api.ask('POST', core('configmaps'), { body: configMap('a') });
      const dry = told(await api.ask('DELETE', `${core('configmaps', 'a')}?dryRun=All`));
      return [dry, (await api.ask('GET', core('configmaps', 'a'))).status];
    },
  },
  {
    name: 'a dry run says what is wrong as well',
    run: async ({ api, core }) => told(await api.ask('POST', `${core('configmaps')}?dryRun=All`, { body: configMap('Wrong_Name') })),
  },
];
