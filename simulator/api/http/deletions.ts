import type { ApiObject } from '../../model.ts';
import type { SimulatedCluster } from '../cluster-model.ts';
import { timestamp } from '../conditions.ts';
import { deletePod } from '../controllers/delete-pod.ts';
import { FOREGROUND, ORPHAN, terminated } from '../controllers/garbage-collector.ts';
import { finalizersOf, isEnding, podOf } from '../kinds.ts';
import { isObject, objectAt, textAt } from './json.ts';
import type { JsonObject } from './json.ts';
import { isDryRun } from './request.ts';
import type { Reply, ResourceRequest } from './request.ts';
import { failedPrecondition, notFound } from './status.ts';

/** DELETE of one object. */
export function createDeletions({ store, clock }: Pick<SimulatedCluster, 'store' | 'clock'>): (request: ResourceRequest) => Reply {
  function remove(request: ResourceRequest): Reply {
    const { resource, namespace, name } = request.route;
    const before = store.get(resource.plural, namespace, name ?? '');
    if (before === null) throw notFound(resource, name ?? '');
    const options = isObject(request.body) ? request.body : {};
    requirePreconditions(request, before, options);
    const dryRun = isDryRun(request.query) || JSON.stringify(options['dryRun'] ?? []).includes('All');
    if (resource.kind === 'Pod') {
      const left = dryRun ? before : deletePod({ store, clock }, podOf(before), graceOf(request, options));
      return { status: 200, body: left ?? before };
    }
    if (resource.kind === 'Namespace') {
      const ending = isEnding(before) ? before : terminated(before, clock.now());
      return { status: 200, body: dryRun ? ending : store.put('namespaces', ending) };
    }
    const finalizer = finalizerOf(request, options);
    if (finalizer !== null || finalizersOf(before).length > 0) {
      const ending = marked(before, finalizer);
      return { status: 200, body: dryRun ? ending : store.put(resource.plural, ending) };
    }
    if (!dryRun) store.remove(resource.plural, namespace, before.metadata.name);
    return { status: 200, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural, uid: before.metadata.uid } } };
  }

  function marked(object: ApiObject, finalizer: string | null): ApiObject {
    const finalizers = [...finalizersOf(object), ...(finalizer === null ? [] : [finalizer])];
    return { ...object, metadata: { ...object.metadata, deletionTimestamp: timestamp(clock.now()), deletionGracePeriodSeconds: 0, finalizers } };
  }

  return remove;
}

function requirePreconditions({ route }: ResourceRequest, before: ApiObject, options: JsonObject): void {
  const wanted = objectAt(options, 'preconditions');
  const { uid = '', resourceVersion = '', name } = before.metadata;
  const wantedUid = textAt(wanted, 'uid');
  const wantedVersion = textAt(wanted, 'resourceVersion');
  if (wantedUid !== undefined && wantedUid !== uid) {
    throw failedPrecondition(route.resource, name, `the UID in the precondition (${wantedUid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`);
  }
  if (wantedVersion !== undefined && wantedVersion !== resourceVersion) {
    throw failedPrecondition(route.resource, name, `the ResourceVersion in the precondition (${wantedVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`);
  }
}

function graceOf({ query }: ResourceRequest, options: JsonObject): number | null {
  const inBody = options['gracePeriodSeconds'];
  if (typeof inBody === 'number') return inBody;
  const asked = query.get('gracePeriodSeconds');
  return asked === null ? null : Number(asked);
}

/** What the garbage collector has to do first, by the propagation policy; null for Background, which it does after. */
function finalizerOf({ query }: ResourceRequest, options: JsonObject): string | null {
  const policy = textAt(options, 'propagationPolicy') ?? query.get('propagationPolicy');
  if (policy === 'Foreground') return FOREGROUND;
  return policy === 'Orphan' ? ORPHAN : null;
}
