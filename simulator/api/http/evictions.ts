import type { EvictionResult } from '../../model.ts';
import type { SimulatedCluster } from '../cluster-model.ts';
import { RESOURCES } from '../resources.ts';
import { isObject, objectAt, textAt } from './json.ts';
import { isDryRun } from './request.ts';
import type { Reply, ResourceRequest } from './request.ts';
import { Refused, badRequest, notFound } from './status.ts';

/** POST …/pods/NAME/eviction. Source of the words: pkg/registry/core/pod/storage/eviction.go. */
export function createEvictions({ requestEviction }: Pick<SimulatedCluster, 'requestEviction'>): (request: ResourceRequest) => Reply {
  return (request) => {
    const { namespace, name } = request.route;
    const { body } = request;
    if (!isObject(body) || (textAt(body, 'kind') ?? 'Eviction') !== 'Eviction') throw badRequest('not a Eviction object');
    if (textAt(objectAt(body, 'metadata'), 'name') !== name) throw badRequest('name in URL does not match name in Eviction object');
    const options = objectAt(body, 'deleteOptions');
    const grace = options['gracePeriodSeconds'];
    const wanted = objectAt(options, 'preconditions');
    const uid = textAt(wanted, 'uid');
    const resourceVersion = textAt(wanted, 'resourceVersion');
    const dryRun = isDryRun(request.query) || JSON.stringify(options['dryRun'] ?? []).includes('All');
    const result = requestEviction({
      namespace: namespace ?? '', name: name ?? '', gracePeriodSeconds: typeof grace === 'number' ? grace : null, dryRun,
      ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }),
    });
    return replyOf(result, name ?? '');
  };
}

function replyOf(result: EvictionResult, name: string): Reply {
  switch (result.kind) {
    case 'evicted':
      return { status: 201, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } };
    case 'absent':
      throw notFound(pods(), name);
    case 'conflict':
      throw new Refused({ code: 409, reason: 'Conflict', message: result.message, details: { name, kind: 'Pod' } });
    case 'several-budgets':
      throw new Refused({ code: 500, reason: '', message: result.message });
    case 'budget':
      throw new Refused({
        code: 429, reason: 'TooManyRequests', message: "Cannot evict pod as it would violate the pod's disruption budget.",
        details: {
          ...(result.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: result.retryAfterSeconds }),
          causes: [{ reason: 'DisruptionBudget', message: result.message }],
        },
        ...(result.retryAfterSeconds === undefined ? {} : { retryAfter: result.retryAfterSeconds }),
      });
  }
}

function pods(): (typeof RESOURCES)[number] {
  const found = RESOURCES.find(({ plural }) => plural === 'pods');
  if (found === undefined) throw new Error('the table of resources has no pods');
  return found;
}
