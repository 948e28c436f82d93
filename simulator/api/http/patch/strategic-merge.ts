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
  let merged = [...target];
  for (const item of patch) {
    const key = itemKey(item, keys);
    const at = merged.findIndex((present) => itemKey(present, keys) === key);
    if (isObject(item) && item['$patch'] === 'delete') merged = merged.filter((_, place) => place !== at);
    else if (at < 0) merged.push(strategicMerge({}, item, path));
    else merged[at] = strategicMerge(merged[at], item, path);
  }
  return merged;
}

function isDirective(item: unknown): boolean {
  return isObject(item) && typeof item['$patch'] === 'string';
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));
}
