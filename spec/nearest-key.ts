import { formatPath } from './path.ts';
import { nonNull } from './json-schema.ts';
import type { SchemaNode } from './json-schema.ts';

/** The known key that `key` was most likely meant to be; null where none is near. */
export function nearestKey(key: string, known: readonly string[]): string | null {
  const allowed = Math.max(1, Math.floor(key.length / 3));
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(plain(key), plain(candidate)) }))
    .filter(({ distance }) => distance <= allowed)
    .toSorted((left, right) => left.distance - right.distance);
  return ranked[0]?.candidate ?? null;
}

/** Path of the one place of the schema that has this key; null where none or several do. */
export function onlyPlaceOf(root: SchemaNode, key: string): string | null {
  const places = placesOf(root, key, []);
  return places.length === 1 ? places[0] ?? null : null;
}

function placesOf(node: SchemaNode, key: string, path: readonly (string | number)[]): string[] {
  const { properties = {}, items } = nonNull(node);
  const below = Object.entries(properties).flatMap(([name, child]) => {
    const here = [...path, name];
    return [...(name === key ? [formatPath(here)] : []), ...placesOf(child, key, here)];
  });
  return items === undefined ? below : [...below, ...placesOf(items, key, [...path, 0])];
}

function plain(key: string): string {
  return key.toLowerCase().replaceAll(/[-_]/g, '');
}

/** Insertions, deletions and replacements; keys are short. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
