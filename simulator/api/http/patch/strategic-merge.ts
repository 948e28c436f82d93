import { isEqual } from '../../equal.ts';
import { isList, isObject } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { itemKey, listKeys } from './list-keys.ts';

/** Strategic merge patch: as a merge patch, but lists that have a key are merged item by item. */
export function strategicMerge(target: unknown, patch: unknown, path: readonly string[] = []): unknown {
  if (isObject(patch)) return mergeObjects(isObject(target) ? target : {}, patch, path);
  if (!isList(patch)) return patch;
  const keys = listKeys(path);
  if (keys === null || !isList(target)) return patch.filter((item) => !isDirective(item));
  return keys.length === 0 ? union(target, patch) : mergeItems(target, patch, keys.slice(0, 1), path);
}

function mergeObjects(target: JsonObject, patch: JsonObject, path: readonly string[]): unknown {
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  if (patch['$patch'] === 'delete') return {};
  const kept = keptKeys(target, patch);
  const merged: Record<string, unknown> = { ...kept };
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      const list = key.slice('$deleteFromPrimitiveList/'.length);
      const present = merged[list];
      if (isList(present) && isList(value)) merged[list] = present.filter((item) => !value.some((gone) => isEqual(gone, item)));
    } else if (value === null) delete merged[key];
    else if (!key.startsWith('$')) merged[key] = strategicMerge(kept[key], value, [...path, key]);
  }
  return merged;
}

/** `$retainKeys` names all that may stay. */
function keptKeys(target: JsonObject, patch: JsonObject): JsonObject {
  const retained = patch['$retainKeys'];
  if (!isList(retained)) return target;
  return Object.fromEntries(Object.entries(target).filter(([key]) => retained.includes(key)));
}

function union(target: readonly unknown[], patch: readonly unknown[]): readonly unknown[] {
  return [...target, ...patch.filter((item) => !target.some((present) => isEqual(present, item)))];
}

function mergeItems(target: readonly unknown[], patch: readonly unknown[], keys: readonly string[], path: readonly string[]): readonly unknown[] {
  if (patch.some((item) => isObject(item) && item['$patch'] === 'replace')) return patch.filter((item) => !isDirective(item));
  const order = new Map(target.map((item, at) => [itemKey(item, keys), at]));
  const named = new Set(patch.map((item) => itemKey(item, keys)));
  const patched = patch.filter((item) => !isDirective(item)).map((item) => {
    const at = order.get(itemKey(item, keys));
    return strategicMerge(at === undefined ? {} : target[at], item, path);
  });
  return interleaved(target.filter((item) => !named.has(itemKey(item, keys))), patched, (item) => order.get(itemKey(item, keys)));
}

/** What the patch does not name keeps its place before what it names, where both were there. Source: mergeSortedSlice of strategicpatch. */
function interleaved(left: readonly unknown[], right: readonly unknown[], placeOf: (item: unknown) => number | undefined): readonly unknown[] {
  const merged: unknown[] = [];
  let taken = 0;
  for (const item of right) {
    const place = placeOf(item);
    while (place !== undefined && taken < left.length && (placeOf(left[taken]) ?? Number.POSITIVE_INFINITY) < place) {
      merged.push(left[taken]);
      taken += 1;
    }
    merged.push(item);
  }
  return [...merged, ...left.slice(taken)];
}

function isDirective(item: unknown): boolean {
  return isObject(item) && typeof item['$patch'] === 'string';
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));
}
