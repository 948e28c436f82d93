import type { Manifest } from './objects.ts';
import type { Kube } from './port.ts';
import type { Transport } from './transport.ts';
import { withQuery } from './paths.ts';

interface ResourceList {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}

/** Server-side apply of objects of any kind; asks the API which resource a kind is. */
export function createApply(transport: Transport): Kube['apply'] {
  async function pathOf(object: Manifest): Promise<string | null> {
    const group = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
    const { status, body } = await transport.request<ResourceList>({ method: 'GET', path: group });
    if (status === 404) return null;
    const resource = body.resources?.find((candidate) => candidate.kind === object.kind && !candidate.name.includes('/'));
    if (resource === undefined) return null;
    const namespace = resource.namespaced ? `/namespaces/${encodeURIComponent(object.metadata.namespace ?? 'default')}` : '';
    return `${group}${namespace}/${resource.name}/${encodeURIComponent(object.metadata.name)}`;
  }

  return async (object, fieldManager) => {
    const path = await pathOf(object);
    if (path === null) return { kind: 'refused', message: `the API does not serve the kind ${object.kind} of ${object.apiVersion}` };
    const answer = await transport.request<unknown>({
      method: 'PATCH',
      path: withQuery(path, { fieldManager, force: 'false' }),
      // JSON is YAML; this content type alone means server-side apply.
      contentType: 'application/apply-patch+yaml',
      body: object,
      timeoutMs: 30_000,
      about: `${object.kind} ${object.metadata.name}`,
    });
    if (answer.status < 300) return { kind: 'applied' };
    return { kind: 'refused', message: answer.refusal.message ?? `status ${answer.status}` };
  };
}
