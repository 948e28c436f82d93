import { budget, configMap, deployment, lease, pod, told, toldWithoutValue } from '../case.ts';
import type { ConformanceCase } from '../case.ts';

/** What the API refuses, and in which words. */
export const REFUSAL_CASES: readonly ConformanceCase[] = [
  { name: 'without credentials nobody reads', run: async ({ api, core }) => (await api.ask('GET', core('secrets'), { token: null })).status >= 401 },
  { name: 'an unknown resource is no page', run: async ({ api }) => told(await api.ask('GET', '/apis/apps/v1/nothings')) },
  { name: 'an unknown group is no page', run: async ({ api }) => told(await api.ask('GET', '/apis/nothing.example/v1/things')) },
  { name: 'a name cannot be posted to', run: async ({ api, core }) => told(await api.ask('POST', core('configmaps', 'a'), { body: configMap('a') })) },
  { name: 'a collection cannot be put', run: async ({ api, core }) => told(await api.ask('PUT', core('configmaps'), { body: configMap('a') })) },
  { name: 'a namespaced object cannot be posted to all namespaces', run: async ({ api }) => told(await api.ask('POST', '/api/v1/configmaps', { body: configMap('a') })) },
  {
    name: 'an unknown content type of a patch is refused with those that are known',
    run: async ({ api, core }) => {
      await api.ask('POST', core('configmaps'), { body: configMap('a') });
      return told(await api.ask('PATCH', core('configmaps', 'a'), { type: 'application/json', body: {} }));
    },
  },
  { name: 'an answer in a type that nobody has is not acceptable', run: async ({ api, core }) => told(await api.ask('GET', core('configmaps'), { accept: 'text/csv' })) },
  { name: 'a name in capitals is invalid', run: async ({ api, core }) => told(await api.ask('POST', core('configmaps'), { body: configMap('Wrong_Name') })) },
  { name: 'an object needs a name', run: async ({ api, core }) => told(await api.ask('POST', core('configmaps'), { body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} } })) },
  { name: 'a label has an alphabet', run: async ({ api, core }) => told(await api.ask('POST', core('configmaps'), { body: configMap('a', {}, { labels: { app: 'not good!' } }) })) },
  { name: 'a Deployment needs containers', run: async ({ api, path }) => told(await api.ask('POST', path('apps/v1', 'deployments'), { body: deployment('web', { template: { metadata: { labels: { app: 'web' } }, spec: {} } }) })) },
  { name: 'replicas are not negative', run: async ({ api, path }) => told(await api.ask('POST', path('apps/v1', 'deployments'), { body: deployment('web', { replicas: -1 }) })) },
  { name: "a selector matches its template's labels", run: async ({ api, path }) => toldWithoutValue(await api.ask('POST', path('apps/v1', 'deployments'), { body: deployment('web', { selector: { matchLabels: { app: 'other' } } }) })) },
  {
    name: 'a selector does not change',
    run: async ({ api, path }) => {
      await api.ask('POST', path('apps/v1', 'deployments'), { body: deployment('web') });
      const labels = { app: 'other' };
      return toldWithoutValue(await api.ask('PUT', path('apps/v1', 'deployments', 'web'), { body: deployment('web', { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'pause:1' }] } } }) }));
    },
  },
  { name: 'a budget has one of its two limits', run: async ({ api, path }) => toldWithoutValue(await api.ask('POST', path('policy/v1', 'poddisruptionbudgets'), { body: budget('web', { minAvailable: 1, maxUnavailable: 1 }) })) },
  { name: "a budget's limit is not negative", run: async ({ api, path }) => told(await api.ask('POST', path('policy/v1', 'poddisruptionbudgets'), { body: budget('web', { minAvailable: -1 }) })) },
  { name: "a budget's percentage is one", run: async ({ api, path }) => toldWithoutValue(await api.ask('POST', path('policy/v1', 'poddisruptionbudgets'), { body: budget('web', { maxUnavailable: 'half' }) })) },
  { name: 'a Lease lasts longer than nothing', run: async ({ api, path }) => told(await api.ask('POST', path('coordination.k8s.io/v1', 'leases'), { body: { ...(lease('lock') as object), spec: { leaseDurationSeconds: 0 } } })) },
  { name: "a pod's container has an image", run: async ({ api, core }) => told(await api.ask('POST', core('pods'), { body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { containers: [{ name: 'main' }] } } })) },
  {
    name: 'a kind that the path is not about is refused',
    run: async ({ api, core }) => told(await api.ask('POST', core('configmaps'), { body: pod('a', 'n') })),
  },
  {
    name: 'an apply needs a manager',
    run: async ({ api, core }) => told(await api.ask('PATCH', core('configmaps', 'a'), { type: 'application/apply-patch+yaml', body: configMap('a') })),
  },
  {
    name: 'a patch of what is not there is not found',
    run: async ({ api, core }) => told(await api.ask('PATCH', core('configmaps', 'none'), { type: 'application/merge-patch+json', body: { data: { a: 'b' } } })),
  },
  { name: 'a field selector knows its fields', run: async ({ api, core }) => told(await api.ask('GET', `${core('pods')}?fieldSelector=spec.nothing%3Dx`)) },
];
