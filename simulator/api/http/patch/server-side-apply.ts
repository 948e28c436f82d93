import { isEqual } from '../../equal.ts';
import { isList, isObject } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { Refused } from '../status.ts';
import { fieldName, fieldsOf, valueAt } from './field-sets.ts';
import type { FieldSet } from './field-sets.ts';
import { itemKey, listKeys } from './list-keys.ts';
import { isSame, managersOf, minus, withManagers } from './managed-fields.ts';
import type { Manager, Writer } from './managed-fields.ts';

/** Owner of what was there before anyone's fields were tracked. */
const BEFORE = 'before-first-apply';

/**
 * Server-side apply: sets what the configuration says, takes away what its manager gave up, and refuses fields that
 * others manage with another value unless `force`.
 *
 * @throws Refused (409) with every field in conflict.
 */
export function serverSideApply(live: JsonObject | null, applied: JsonObject, writer: Writer, force: boolean): JsonObject {
  const wanted = fieldsOf(applied);
  const managers = live === null ? [] : trackedManagers(live, writer);
  const own = managers.find((entry) => isSame(entry, writer));
  const conflicts = managers.flatMap((entry) => (isSame(entry, writer) ? [] : conflictsWith(entry, wanted, applied, live)));
  if (conflicts.length > 0 && !force) throw conflictError(conflicts);
  const others = managers.filter((entry) => entry !== own).map((entry) => {
    const taken = new Set(conflicts.filter((found) => found.manager === entry).map((found) => found.field));
    return { ...entry, fields: minus(entry.fields, taken) };
  });
  const givenUp = own === undefined ? [] : [...own.fields].filter((field) => !wanted.has(field) && !others.some((entry) => entry.fields.has(field)));
  let merged = merge(live ?? {}, applied, []);
  for (const field of givenUp) merged = without(merged, field.split('\n'), []);
  const object = isObject(merged) ? merged : {};
  const managed = (time: string): JsonObject => withManagers(object, [...others.filter((entry) => entry.fields.size > 0), { ...writer, time, fields: wanted }]);
  // An apply that changes nothing does not even change its time.
  const same = own === undefined ? null : managed(own.time);
  return same !== null && isEqual(same, live) ? same : managed(writer.time);
}

function trackedManagers(live: JsonObject, writer: Writer): readonly Manager[] {
  const known = managersOf(live);
  if (known.length > 0) return known;
  return [{ manager: BEFORE, operation: 'Update', apiVersion: writer.apiVersion, time: writer.time, subresource: '', fields: fieldsOf(live) }];
}

interface Conflict {
  readonly manager: Manager;
  readonly field: string;
}

function conflictsWith(manager: Manager, wanted: FieldSet, applied: JsonObject, live: JsonObject | null): readonly Conflict[] {
  return [...manager.fields].filter((field) => !field.endsWith('.') && wanted.has(field) && !isEqual(valueAt(applied, field), valueAt(live, field))).map((field) => ({ manager, field }));
}

function conflictError(conflicts: readonly Conflict[]): Refused {
  const lines = conflicts.map(({ manager, field }) => ({ who: `conflict with ${JSON.stringify(manager.manager)}${manager.subresource === '' ? '' : ` with subresource ${JSON.stringify(manager.subresource)}`}${manager.operation === 'Update' ? ` using ${manager.apiVersion}` : ''}`, field: fieldName(field) }));
  const [first] = lines;
  const groups = [...Map.groupBy(lines, ({ who }) => who)].map(([who, members]) => `${who.replace('conflict', 'conflicts')}:\n${members.map(({ field }) => `- ${field}`).join('\n')}`);
  const told = lines.length === 1 && first !== undefined ? `1 conflict: ${first.who}: ${first.field}` : `${lines.length} conflicts: ${groups.join('\n')}`;
  return new Refused({
    code: 409, reason: 'Conflict',
    message: `Apply failed with ${told}`,
    details: { causes: lines.map(({ who, field }) => ({ reason: 'FieldManagerConflict', message: who, field })) },
  });
}

function merge(live: unknown, applied: unknown, path: readonly string[]): unknown {
  if (isObject(applied) && isObject(live)) {
    const merged: Record<string, unknown> = { ...live };
    for (const [key, value] of Object.entries(applied)) merged[key] = merge(live[key], value, [...path, key]);
    return merged;
  }
  const keys = isList(applied) && isList(live) ? listKeys(path) : null;
  if (!isList(applied) || !isList(live) || keys === null) return applied;
  const added = applied.filter((item) => !live.some((present) => itemKey(present, keys) === itemKey(item, keys)));
  const kept = live.map((present) => {
    const item = applied.find((candidate) => itemKey(candidate, keys) === itemKey(present, keys));
    return item === undefined || keys.length === 0 ? present : merge(present, item, path);
  });
  return [...kept, ...added];
}

function without(value: unknown, [part, ...rest]: readonly string[], names: readonly string[]): unknown {
  if (part === undefined || part === '.') return undefined;
  if (part.startsWith('f:') && isObject(value)) {
    const key = part.slice(2);
    const { [key]: child, ...others } = value;
    const left = rest.length === 0 ? undefined : without(child, rest, [...names, key]);
    // What held only this goes with it.
    return left === undefined || (isObject(left) && Object.keys(left).length === 0) || (isList(left) && left.length === 0) ? others : { ...others, [key]: left };
  }
  if (!isList(value)) return value;
  const keys = listKeys(names) ?? [];
  return value.flatMap((item) => {
    const name = keys.length === 0 ? `v:${JSON.stringify(item)}` : `k:${JSON.stringify(Object.fromEntries(keys.toSorted().map((key) => [key, isObject(item) ? item[key] ?? (key === 'protocol' ? 'TCP' : null) : null])))}`;
    if (name !== part) return [item];
    const left = without(item, rest, names);
    return left === undefined ? [] : [left];
  });
}
