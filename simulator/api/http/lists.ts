import type { ApiObject } from '../../model.ts';
import type { SimulatedCluster } from '../cluster-model.ts';
import { keyOf } from '../kinds.ts';
import { apiVersionOf } from '../resources.ts';
import type { Resource } from '../resources.ts';
import { isSelected } from './selectors.ts';
import type { Selection } from './selectors.ts';
import { badRequest, expired, gone } from './status.ts';

/** Snapshots of lists that are being paged through. */
const KEPT_SNAPSHOTS = 100;

export interface Lists {
  list(resource: Resource, selection: Selection, query: URLSearchParams): unknown;
  /** Forgets all snapshots, as compaction does. */
  expire(): void;
}

interface Token {
  readonly v: 'meta.k8s.io/v1';
  readonly rv: number;
  readonly start: string;
}

export function createLists({ store, index }: Pick<SimulatedCluster, 'store' | 'index'>): Lists {
  const snapshots = new Map<string, readonly ApiObject[]>();
  let oldest = 0;

  function candidates({ plural }: Resource, { namespace, fields }: Selection): readonly ApiObject[] {
    const name = fields.find((field) => field.path === 'metadata.name' && field.equal)?.value;
    if (name !== undefined && (namespace !== null || !store.list(plural).some((object) => object.metadata.namespace !== undefined))) {
      const found = store.get(plural, namespace, name);
      return found === null ? [] : [found];
    }
    const node = plural === 'pods' ? fields.find((field) => field.path === 'spec.nodeName' && field.equal)?.value : undefined;
    return node === undefined || node === '' ? store.list(plural) : index.onNode(node);
  }

  function list(resource: Resource, selection: Selection, query: URLSearchParams): unknown {
    const limit = limitOf(query);
    const token = query.get('continue') ?? '';
    const from = token === '' ? null : parseToken(token);
    const version = from?.rv ?? versionAsked(query, store.version);
    const id = `${resource.plural} ${version} ${query.get('labelSelector') ?? ''} ${query.get('fieldSelector') ?? ''} ${selection.namespace ?? ''}`;
    const known = from === null ? undefined : snapshots.get(id);
    if (from !== null && known === undefined) {
      throw expired('The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.');
    }
    const all = known ?? candidates(resource, selection).filter((object) => isSelected(object, selection)).toSorted(byKey);
    const begin = from === null ? 0 : all.findIndex((object) => keyOf(object) > from.start);
    const items = begin < 0 ? [] : all.slice(begin, limit === null ? undefined : begin + limit);
    const remaining = begin < 0 ? 0 : all.length - begin - items.length;
    const last = items.at(-1);
    if (remaining === 0 || last === undefined) return body(resource, version, items, {});
    keep(id, all);
    // With a selector the API does not know how many are left.
    const counted = selection.labels === null && selection.fields.length === 0 ? { remainingItemCount: remaining } : {};
    return body(resource, version, items, { continue: tokenText({ v: 'meta.k8s.io/v1', rv: version, start: keyOf(last) }), ...counted });
  }

  function keep(id: string, all: readonly ApiObject[]): void {
    snapshots.delete(id);
    snapshots.set(id, all);
    const [first] = snapshots.keys();
    if (snapshots.size > KEPT_SNAPSHOTS && first !== undefined) snapshots.delete(first);
  }

  function versionAsked(params: URLSearchParams, present: number): number {
    const asked = params.get('resourceVersion') ?? '';
    const match = params.get('resourceVersionMatch') ?? '';
    if (asked === '' || asked === '0' || match === '' || match === 'NotOlderThan') return present;
    if (Number(asked) < oldest) throw gone(Number(asked), oldest);
    return present;
  }

  return {
    list,
    expire: () => {
      snapshots.clear();
      oldest = store.version;
    },
  };
}

function body(resource: Resource, version: number, items: readonly ApiObject[], more: Readonly<Record<string, unknown>>): unknown {
  return { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata: { resourceVersion: String(version), ...more }, items: items.map(asItem) };
}

/** Items of a list do not say their kind. */
function asItem(object: ApiObject): unknown {
  const { apiVersion: _, kind: __, ...item } = object;
  return item;
}

function byKey(one: ApiObject, other: ApiObject): number {
  return keyOf(one) < keyOf(other) ? -1 : 1;
}

function limitOf(query: URLSearchParams): number | null {
  const limit = Number(query.get('limit') ?? 0);
  return Number.isInteger(limit) && limit > 0 ? limit : null;
}

function tokenText(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function parseToken(text: string): Token {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (typeof value === 'object' && value !== null && 'rv' in value && typeof value.rv === 'number' && 'start' in value && typeof value.start === 'string') {
      return { v: 'meta.k8s.io/v1', rv: value.rv, start: value.start };
    }
  } catch {
    // It is none of ours.
  }
  throw badRequest('continue key is not valid: illegal base64 data at input byte 0');
}
