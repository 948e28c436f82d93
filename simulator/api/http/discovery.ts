import { RESOURCES, apiVersionOf } from '../resources.ts';
import type { Resource } from '../resources.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;

/** `/api`, `/apis`, `/apis/GROUP` and the lists of resources; null where the path is none of them. */
export function discovery(path: string, serverAddress: string): unknown {
  const parts = path.split('/').filter((part) => part !== '');
  if (path === '/api' || path === '/api/') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }] };
  if (parts.length === 1 && parts[0] === 'apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map((group) => groupBody(group)) };
  if (parts.length === 2 && parts[0] === 'apis' && groups().includes(parts[1] ?? '')) return { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(parts[1] ?? '') };
  const groupVersion = parts[0] === 'api' && parts.length === 2 ? parts[1] : parts[0] === 'apis' && parts.length === 3 ? `${parts[1] ?? ''}/${parts[2] ?? ''}` : undefined;
  const served = RESOURCES.filter((resource) => apiVersionOf(resource) === groupVersion);
  if (groupVersion === undefined || served.length === 0) return null;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: served.flatMap(entries) };
}

/** Whether a path lies below a group and version that is served. */
export function isServedGroup(path: string): boolean {
  const [root = '', one = '', two = ''] = path.split('/').filter((part) => part !== '');
  return RESOURCES.some((resource) => apiVersionOf(resource) === (root === 'api' ? one : `${one}/${two}`));
}

function groups(): readonly string[] {
  return [...new Set(RESOURCES.map((resource) => resource.group))].filter((group) => group !== '');
}

function groupBody(name: string): { readonly name: string; readonly versions: readonly unknown[]; readonly preferredVersion: unknown } {
  const versions = [...new Set(RESOURCES.filter((resource) => resource.group === name).map((resource) => resource.version))].map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

function entries(resource: Resource): readonly unknown[] {
  const { plural, singular, namespaced, kind, shortNames } = resource;
  const own = { name: plural, singularName: singular, namespaced, kind, verbs: VERBS, ...(shortNames.length === 0 ? {} : { shortNames }) };
  const below = resource.subresources.map((name) => {
    const entry = { name: `${plural}/${name}`, singularName: '', namespaced };
    if (name === 'eviction') return { ...entry, group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] };
    if (name === 'scale') return { ...entry, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] };
    return { ...entry, kind, verbs: ['get', 'patch', 'update'] };
  });
  return [own, ...below];
}
