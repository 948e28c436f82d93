import { isObject, objectAt } from '../../json-value.ts';
import type { JsonObject } from '../../json-value.ts';
import { ownedOf, ownText, STATIC_POD_PATH } from './owned.ts';
import type { Owned } from './owned.ts';
import type { PatchName } from './patch-name.ts';

/** What a strategic or merge patch changes that is kubeadm's own; null where it changes nothing of it. */
export function mergePatchProblem({ target, type }: PatchName, patch: JsonObject): string | null {
  const owned = ownedOf(target);
  return differs(patch, 'apiVersion', owned.apiVersion)
    ?? differs(patch, 'kind', owned.kind)
    ?? directiveProblem(patch, '')
    ?? (STATIC_POD_PATH in patch && owned.metadata === null ? ownText(STATIC_POD_PATH) : null)
    ?? metadataProblem(patch, owned)
    ?? containersProblem(patch, owned, type === 'merge');
}

function differs(object: JsonObject, key: string, own: string, place = key): string | null {
  return !(key in object) || object[key] === own ? null : ownText(place);
}

/** `$patch` replaces or deletes what stands at its place: of what kubeadm writes as a whole that is never meant. */
function directiveProblem(object: JsonObject, place: string): string | null {
  return '$patch' in object ? ownText(`${place === '' ? 'the whole object' : place} ($patch: ${String(object['$patch'])})`) : null;
}

function metadataProblem(patch: JsonObject, { metadata }: Owned): string | null {
  if (metadata === null || !('metadata' in patch)) return null;
  if (!isObject(patch['metadata'])) return ownText('metadata');
  const changed = patch['metadata'];
  if ('labels' in changed && !isObject(changed['labels'])) return ownText('metadata.labels');
  const labels = objectAt(changed, 'labels');
  return directiveProblem(changed, 'metadata')
    ?? differs(changed, 'name', metadata.name, 'metadata.name')
    ?? differs(changed, 'namespace', metadata.namespace, 'metadata.namespace')
    ?? directiveProblem(labels, 'metadata.labels')
    ?? Object.entries(metadata.labels).map(([key, own]) => differs(labels, key, own, `metadata.labels.${key}`)).find((problem) => problem !== null)
    ?? null;
}

function containersProblem(patch: JsonObject, owned: Owned, isMerge: boolean): string | null {
  let place: unknown = patch;
  const seen: string[] = [];
  for (const key of owned.containers ?? []) {
    if (!isObject(place) || !(key in place)) return null;
    seen.push(key);
    place = place[key];
    const problem = isObject(place) ? directiveProblem(place, seen.join('.')) : null;
    if (problem !== null) return problem;
  }
  const name = seen.join('.');
  if (seen.length === 0) return null;
  if (isMerge) return `${ownText(name)}: a merge patch replaces a list as a whole, so use a strategic or a json patch`;
  if (!Array.isArray(place)) return ownText(name);
  return place.map((container: unknown) => containerProblem(container, owned.container, name)).find((problem) => problem !== null) ?? null;
}

function containerProblem(container: unknown, own: string, place: string): string | null {
  if (!isObject(container)) return `an item of ${place} is not a map`;
  const { name, command } = container;
  if (typeof name !== 'string' || name === '') return container['$patch'] === undefined ? `an item of ${place} has no name, by which a strategic patch finds it` : ownText(place);
  if (name !== own) return null;
  if ('$patch' in container || '$retainKeys' in container) return ownText(`the container ${own}`);
  if ('image' in container) return ownText(`the image of ${own}`);
  if (!('command' in container)) return null;
  return Array.isArray(command) && command[0] === own ? null : ownText(`the name of the command of ${own}`);
}
