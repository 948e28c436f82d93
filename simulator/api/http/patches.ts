import { parse } from 'yaml';
import type { SimulatedCluster } from '../cluster-model.ts';
import { timestamp } from '../conditions.ts';
import { apiVersionOf } from '../resources.ts';
import { isObject, objectAt, textAt } from './json.ts';
import type { JsonObject } from './json.ts';
import { jsonPatch } from './patch/json-patch.ts';
import { mergePatch } from './patch/merge-patch.ts';
import { serverSideApply } from './patch/server-side-apply.ts';
import { strategicMerge } from './patch/strategic-merge.ts';
import { managerOf, parseBody } from './request.ts';
import type { Reply, ResourceRequest } from './request.ts';
import { badRequest, invalid, notFound, unsupportedMediaType } from './status.ts';
import { requireKind } from './validate.ts';
import type { Writes } from './writes.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const APPLY = 'application/apply-patch+yaml';
const ACCEPTED = [JSON_PATCH, MERGE_PATCH, STRATEGIC, APPLY];

/** PATCH in its four content types. */
export function createPatch({ store, clock }: Pick<SimulatedCluster, 'store' | 'clock'>, writes: Writes): (request: ResourceRequest, text: string) => Reply {
  function patch(request: ResourceRequest, text: string): Reply {
    const { resource, namespace, name } = request.route;
    const type = request.contentType.split(';')[0]?.trim() ?? '';
    if (!ACCEPTED.includes(type)) throw unsupportedMediaType();
    if (type === APPLY) return apply(request, text);
    const before = store.get(resource.plural, namespace, name ?? '');
    if (before === null) throw notFound(resource, name ?? '');
    const changed = patched(before, parseBody(text, 'error decoding patch: invalid character in JSON'), type);
    if (!isObject(changed)) throw badRequest('the patch leaves no object');
    requireSame(request, changed);
    return { status: 200, body: writes.replace(request, before, changed, true) };
  }

  function patched(before: JsonObject, body: unknown, type: string): unknown {
    if (type === JSON_PATCH) return jsonPatch(before, body);
    return type === MERGE_PATCH ? mergePatch(before, body) : strategicMerge(before, body);
  }

  function apply(request: ResourceRequest, text: string): Reply {
    const { resource, namespace, name, subresource } = request.route;
    const manager = request.query.get('fieldManager') ?? '';
    if (manager === '') throw invalidOptions();
    const body = requireKind(resource, parseYaml(text), apiVersionOf(resource));
    const metadata = objectAt(body, 'metadata');
    if (textAt(metadata, 'name') !== undefined && metadata['name'] !== name) throw badRequest(`name must match name provided in URL: ${JSON.stringify(metadata['name'])} != ${JSON.stringify(name)}`);
    if (metadata['managedFields'] !== undefined) throw badRequest('metadata.managedFields must be nil');
    const before = store.get(resource.plural, namespace, name ?? '');
    const applied = { ...body, metadata: { ...metadata, name, ...(namespace === null ? {} : { namespace }) } };
    const writer = { manager: managerOf(request), operation: 'Apply', apiVersion: apiVersionOf(resource), time: timestamp(clock.now()), subresource: subresource ?? '' } as const;
    const merged = serverSideApply(before, applied, writer, request.query.get('force') === 'true');
    if (before === null) return { status: 201, body: writes.insert(request, merged, false) };
    return { status: 200, body: writes.replace(request, before, merged, false) };
  }

  return patch;
}

function requireSame({ route }: ResourceRequest, changed: JsonObject): void {
  const { name } = route;
  const told = textAt(objectAt(changed, 'metadata'), 'name');
  if (told !== name) throw badRequest(`the name of the object (${told ?? ''}) does not match the name on the URL (${name ?? ''})`);
}

function invalidOptions(): Error {
  return invalid({ group: 'meta.k8s.io', version: 'v1', plural: 'patchoptions', kind: 'PatchOptions', singular: 'patchoptions', namespaced: false, shortNames: [], subresources: [] }, '', [
    { field: 'fieldManager', kind: 'Required', message: 'is required for apply patch' },
  ]);
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    throw badRequest('error decoding YAML: the body is no YAML');
  }
}
