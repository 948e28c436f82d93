import type { ApiObject } from '../../model.ts';
import { nameSuffix } from '../machinery.ts';
import type { SimulatedCluster } from '../cluster-model.ts';
import { timestamp } from '../conditions.ts';
import { isEqual } from '../equal.ts';
import { finalizersOf, isEnding } from '../kinds.ts';
import { RESOURCES, apiVersionOf } from '../resources.ts';
import { withApiDefaults } from './defaults.ts';
import { objectAt, textAt } from './json.ts';
import type { JsonObject } from './json.ts';
import { updatedManagers, withManagers } from './patch/managed-fields.ts';
import { isDryRun, managerOf } from './request.ts';
import type { Reply, ResourceRequest } from './request.ts';
import type { Route } from './route.ts';
import { MODIFIED, alreadyExists, badRequest, conflict, forbidden, notFound } from './status.ts';
import { requireKind, validate } from './validate.ts';

export interface Writes {
  create(request: ResourceRequest): Reply;
  update(request: ResourceRequest): Reply;
  /** Puts a changed object in the place of the present one, with all that the API checks. `manage` false leaves managed fields as they are given. */
  replace(request: ResourceRequest, before: ApiObject, changed: JsonObject, manage: boolean): ApiObject;
  /** Makes a new object of a body. */
  insert(request: ResourceRequest, body: JsonObject, manage: boolean): ApiObject;
}

export function createWrites({ store, clock }: Pick<SimulatedCluster, 'store' | 'clock'>): Writes {
  let generated = 0;

  function insert(request: ResourceRequest, body: JsonObject, manage: boolean): ApiObject {
    const { resource, namespace } = request.route;
    const metadata = objectAt(body, 'metadata');
    if (namespace !== null && textAt(metadata, 'namespace') !== undefined && metadata['namespace'] !== namespace) throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    const name = textAt(metadata, 'name') ?? generatedName(textAt(metadata, 'generateName'));
    if (namespace !== null) requireNamespace(request, namespace, name);
    const given: JsonObject = { ...body, metadata: { ...metadata, ...(name === '' ? {} : { name }), ...(namespace === null ? {} : { namespace }), creationTimestamp: timestamp(clock.now()) } };
    const object = withApiDefaults(resource, withoutServerFields(given, resource.subresources.includes('status') && resource.kind !== 'Node' && resource.kind !== 'Pod'));
    validate(resource, object, null);
    if (store.get(resource.plural, namespace, name) !== null) throw alreadyExists(resource, name);
    const managed = manage ? withManagers(object, updatedManagers(null, object, writerOf(request))) : object;
    return isDryRun(request.query) ? asStored(managed) : store.put(resource.plural, asStored(managed));
  }

  function generatedName(prefix: string | undefined): string {
    if (prefix === undefined) return '';
    generated += 1;
    return `${prefix}${nameSuffix(0, prefix, generated)}`;
  }

  function requireNamespace({ route }: ResourceRequest, namespace: string, name: string): void {
    const found = store.get('namespaces', null, namespace);
    const resource = RESOURCES.find(({ kind }) => kind === 'Namespace');
    if (found === null && resource !== undefined) throw notFound(resource, namespace);
    if (found !== null && isEnding(found)) {
      throw forbidden(route.resource, name, `unable to create new content in namespace ${namespace} because it is being terminated`, [{ reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' }]);
    }
  }

  function writerOf(request: ResourceRequest): { readonly manager: string; readonly operation: 'Update'; readonly apiVersion: string; readonly time: string; readonly subresource: string } {
    return { manager: managerOf(request), operation: 'Update', apiVersion: apiVersionOf(request.route.resource), time: timestamp(clock.now()), subresource: request.route.subresource ?? '' };
  }

  function replace(request: ResourceRequest, before: ApiObject, changed: JsonObject, manage: boolean): ApiObject {
    const { resource, subresource } = request.route;
    const { name } = before.metadata;
    const metadata = objectAt(changed, 'metadata');
    const version = textAt(metadata, 'resourceVersion') ?? '';
    const uid = textAt(metadata, 'uid');
    if (uid !== undefined && uid !== '' && uid !== before.metadata.uid) throw conflict(resource, name, `StorageError: invalid object, Code: 4, Key: ${storageKey(request.route, name)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${before.metadata.uid ?? ''}`);
    if (version !== '' && version !== before.metadata.resourceVersion) throw conflict(resource, name, MODIFIED);
    const kept = keepServerFields(before, changed, resource.subresources.includes('status'), subresource);
    const object = subresource === 'status' ? kept : withApiDefaults(resource, kept);
    validate(resource, object, before);
    const managed = manage ? withManagers(object, updatedManagers(before, object, writerOf(request))) : object;
    if (isEqual(withoutManaged(before), withoutManaged(managed)) && (manage || isEqual(before, managed))) return before;
    if (isDryRun(request.query)) return asStored(managed);
    const stored = asStored(managed);
    if (isEnding(stored) && finalizersOf(stored).length === 0 && resource.kind !== 'Pod' && resource.kind !== 'Namespace') {
      store.remove(resource.plural, stored.metadata.namespace ?? null, name);
      return stored;
    }
    return store.put(resource.plural, stored);
  }

  function create(request: ResourceRequest): Reply {
    const body = requireKind(request.route.resource, request.body, apiVersionOf(request.route.resource));
    return { status: 201, body: insert(request, body, true) };
  }

  function update(request: ResourceRequest): Reply {
    const { resource, namespace, name } = request.route;
    const body = requireKind(resource, request.body, apiVersionOf(resource));
    const metadata = objectAt(body, 'metadata');
    const told = textAt(metadata, 'name') ?? '';
    if (told !== name) throw badRequest(`the name of the object (${told}) does not match the name on the URL (${name ?? ''})`);
    const before = store.get(resource.plural, namespace, name);
    if (before === null) throw notFound(resource, name);
    return { status: 200, body: replace(request, before, body, true) };
  }

  return { create, update, replace, insert };
}

/** Where etcd has an object. Source: the resource prefixes of pkg/kubeapiserver. */
function storageKey({ resource, namespace }: Route, name: string): string {
  const folder = resource.plural === 'nodes' ? 'minions' : resource.plural === 'services' ? 'services/specs' : resource.plural;
  return `/registry/${folder}/${namespace === null ? '' : `${namespace}/`}${name}`;
}

/** What a client may not set itself when it creates something. */
function withoutServerFields(object: JsonObject, hasStatus: boolean): JsonObject {
  const { uid: _, resourceVersion: __, generation: ___, deletionTimestamp: ____, deletionGracePeriodSeconds: _____, ...metadata } = objectAt(object, 'metadata');
  const { status: ______, ...rest } = object;
  return { ...(hasStatus ? { ...rest, status: {} } : object), metadata };
}

/** What an update leaves alone: what the server sets, and of spec and status the one that the request is not about. */
function keepServerFields(before: ApiObject, changed: JsonObject, hasStatus: boolean, subresource: string | null): JsonObject {
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation, name, namespace, resourceVersion } = before.metadata;
  const own = defined({ name, namespace, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds });
  const metadata = subresource === 'status' ? { ...before.metadata, ...pick(objectAt(changed, 'metadata'), ['labels', 'annotations', 'managedFields']) } : { ...objectAt(changed, 'metadata'), ...own };
  if (!hasStatus) return { ...changed, metadata };
  if (subresource === 'status') return { ...before, status: changed['status'], metadata: { ...metadata, ...own } };
  const { status: _, ...rest } = changed;
  return { ...rest, ...defined({ status: before['status'] }), metadata };
}

function defined(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function pick(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => keys.includes(key)));
}

function withoutManaged(object: JsonObject): JsonObject {
  const { managedFields: _, ...metadata } = objectAt(object, 'metadata');
  return { ...object, metadata };
}

/** A validated body is an object of the API: it has a name and a kind. */
function asStored(object: JsonObject): ApiObject {
  return object as ApiObject;
}
