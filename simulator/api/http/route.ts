import { resourceAt } from '../resources.ts';
import type { Resource } from '../resources.ts';

/** What a path of the API is about. */
export interface Route {
  readonly resource: Resource;
  /** Null for all namespaces, and for what has none. */
  readonly namespace: string | null;
  /** Null for a collection. */
  readonly name: string | null;
  readonly subresource: 'status' | 'scale' | 'eviction' | null;
}

/** Null where no resource lies there. */
export function routeOf(path: string): Route | null {
  const match = /^\/(?:api\/(v1)|apis\/([^/]+)\/([^/]+))\/(.+?)\/?$/.exec(path);
  if (match === null) return null;
  const [, core, group = '', groupVersion = '', tail = ''] = match;
  const parts = tail.split('/').map((part) => decodeURIComponent(part));
  const version = core ?? groupVersion;
  // /namespaces/NAME and /namespaces/NAME/status are about the namespace itself.
  const within = parts[0] === 'namespaces' && parts.length > 2 && !(parts.length === 3 && (parts[2] === 'status' || parts[2] === 'finalize'));
  const [plural = '', name, sub, ...rest] = within ? parts.slice(2) : parts;
  const resource = resourceAt(group, version, plural);
  if (resource === null || rest.length > 0 || (within && !resource.namespaced)) return null;
  const subresource = resource.subresources.find((candidate) => candidate === sub) ?? null;
  if (sub !== undefined && subresource === null) return null;
  // One object of a namespaced kind lies in its namespace only.
  if (name !== undefined && resource.namespaced && !within) return null;
  return { resource, namespace: within ? parts[1] ?? null : null, name: name ?? null, subresource };
}
