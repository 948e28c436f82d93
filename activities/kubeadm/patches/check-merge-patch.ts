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

/**
 * A directive replaces, deletes or retains what stands at its place, and which of it is kubeadm's own no patch can tell; an order alone
 * changes nothing that counts.
 */
function directiveProblem(value: unknown, place: string): string | null {
  if (Array.isArray(value)) return firstProblem(value, (item: unknown) => directiveProblem(item, place));
  if (!isObject(value)) return null;
  const directive = Object.keys(value).find((key) => key.startsWith('$') && !key.startsWith('$setElementOrder/'));
  if (directive !== undefined) return `it has ${directive} in ${place === '' ? 'the whole object' : place}, and such a directive can take away what is kubeadm's own: say the same with a json patch (+json in the name of the file)`;
  return firstProblem(Object.entries(value), ([key, each]) => directiveProblem(each, place === '' ? key : `${place}.${key}`));
}

function firstProblem<T>(items: readonly T[], problemOf: (item: T) => string | null): string | null {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem !== null) return problem;
  }
  return null;
}

function metadataProblem(patch: JsonObject, { metadata }: Owned): string | null {
  if (metadata === null || !('metadata' in patch)) return null;
  if (!isObject(patch['metadata'])) return ownText('metadata');
  const changed = patch['metadata'];
  if ('labels' in changed && !isObject(changed['labels'])) return ownText('metadata.labels');
  const labels = objectAt(changed, 'labels');
  return differs(changed, 'name', metadata.name, 'metadata.name')
    ?? differs(changed, 'namespace', metadata.namespace, 'metadata.namespace')
    ?? firstProblem(Object.entries(metadata.labels), ([key, own]) => differs(labels, key, own, `metadata.labels.${key}`));
}

function containersProblem(patch: JsonObject, owned: Owned, isMerge: boolean): string | null {
  let place: unknown = patch;
  const seen: string[] = [];
  for (const key of owned.containers ?? []) {
    if (!isObject(place)) return ownText(seen.join('.'));
    if (!(key in place)) return null;
    seen.push(key);
    place = place[key];
  }
  const name = seen.join('.');
  if (seen.length === 0) return null;
  if (isMerge) return `${ownText(name)}: a merge patch replaces a list as a whole, so use a strategic or a json patch`;
  if (!Array.isArray(place)) return ownText(name);
  return firstProblem(place, (container: unknown) => containerProblem(container, owned.container, name));
}

function containerProblem(container: unknown, own: string, place: string): string | null {
  if (!isObject(container)) return `an item of ${place} is not a map`;
  const { name, command } = container;
  if (typeof name !== 'string' || name === '') return `an item of ${place} has no name, by which a strategic patch finds it`;
  if (name !== own) return null;
  if ('image' in container) return ownText(`the image of ${own}`);
  if (!('command' in container)) return null;
  return Array.isArray(command) && command[0] === own ? null : ownText(`the name of the command of ${own}`);
}
