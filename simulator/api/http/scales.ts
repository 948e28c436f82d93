import type { ApiObject } from '../../model.ts';
import type { SimulatedCluster } from '../cluster-model.ts';
import { workloadOf } from '../kinds.ts';
import { isObject, objectAt } from './json.ts';
import type { JsonObject } from './json.ts';
import { mergePatch } from './patch/merge-patch.ts';
import { parseBody } from './request.ts';
import type { Reply, ResourceRequest } from './request.ts';
import { methodNotAllowed, notFound } from './status.ts';
import type { Writes } from './writes.ts';

/** GET, PUT and PATCH of the subresource scale. */
export function createScales({ store }: Pick<SimulatedCluster, 'store'>, writes: Writes): (request: ResourceRequest, text: string) => Reply {
  return (request, text) => {
    const { resource, namespace, name } = request.route;
    const found = store.get(resource.plural, namespace, name ?? '');
    if (found === null) throw notFound(resource, name ?? '');
    if (request.method === 'GET') return { status: 200, body: scaleOf(found) };
    if (request.method !== 'PUT' && request.method !== 'PATCH') throw methodNotAllowed();
    const given: unknown = request.method === 'PUT' ? request.body : mergePatch(scaleOf(found), parseBody(text, 'error decoding patch: invalid character in JSON'));
    const replicas = objectAt(given, 'spec')['replicas'] ?? 0;
    const version = isObject(given) ? objectAt(given, 'metadata')['resourceVersion'] : undefined;
    const metadata = request.method === 'PUT' ? { ...found.metadata, ...(version === undefined ? {} : { resourceVersion: version }) } : found.metadata;
    const changed: JsonObject = { ...found, metadata, spec: { ...objectAt(found, 'spec'), replicas } };
    return { status: 200, body: scaleOf(writes.replace(request, found, changed, true)) };
  };
}

function scaleOf(object: ApiObject): JsonObject {
  const workload = workloadOf(object);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = Object.entries(workload.spec.selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`).join(',');
  return {
    kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: workload.spec.replicas === 0 ? {} : { replicas: workload.spec.replicas ?? 1 },
    status: { replicas: Number(workload.status?.['replicas'] ?? 0), selector },
  };
}
