import { isList, isObject, textAt } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { changedFields, fieldsOf, fromFieldsV1, toFieldsV1 } from './field-sets.ts';
import type { FieldSet } from './field-sets.ts';

/** Who manages which fields, by which operation. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time: string;
  readonly subresource: string;
  readonly fields: FieldSet;
}

export type Writer = Pick<Manager, 'manager' | 'operation' | 'apiVersion' | 'time' | 'subresource'>;

export function managersOf(object: JsonObject): readonly Manager[] {
  const metadata = object['metadata'];
  const entries = isObject(metadata) ? metadata['managedFields'] : undefined;
  return (isList(entries) ? entries : []).map((entry) => ({
    manager: textAt(entry, 'manager') ?? 'unknown', operation: textAt(entry, 'operation') === 'Apply' ? 'Apply' : 'Update',
    apiVersion: textAt(entry, 'apiVersion') ?? 'v1', time: textAt(entry, 'time') ?? '', subresource: textAt(entry, 'subresource') ?? '',
    fields: fromFieldsV1(isObject(entry) ? entry['fieldsV1'] : undefined),
  }));
}

/** What an object is after someone created or updated it: the fields that changed are the writer's now. */
export function updatedManagers(before: JsonObject | null, after: JsonObject, writer: Writer): readonly Manager[] {
  const known = before === null ? [] : managersOf(before);
  const changed = before === null ? fieldsOf(after) : changedFields(before, after);
  const present = fieldsOf(after);
  const others = known.map((entry) => ({ ...entry, fields: minus(entry.fields, isSame(entry, writer) ? new Set() : changed) })).map((entry) => ({ ...entry, fields: only(entry.fields, present) }));
  const own = others.find((entry) => isSame(entry, writer));
  const rest = others.filter((entry) => entry !== own && entry.fields.size > 0);
  const fields = new Set([...(own?.fields ?? []), ...changed]);
  if (fields.size === 0) return rest;
  return [...rest, { ...writer, time: changed.size === 0 ? own?.time ?? writer.time : writer.time, fields }];
}

export function isSame(one: Writer, other: Writer): boolean {
  return one.manager === other.manager && one.operation === other.operation && one.subresource === other.subresource;
}

export function withManagers(object: JsonObject, managers: readonly Manager[]): JsonObject {
  const managedFields = managers.map(({ manager, operation, apiVersion, time, subresource, fields }) => ({
    manager, operation, apiVersion, time, fieldsType: 'FieldsV1', fieldsV1: toFieldsV1(fields), ...(subresource === '' ? {} : { subresource }),
  }));
  const metadata = object['metadata'];
  return { ...object, metadata: { ...(isObject(metadata) ? metadata : {}), managedFields } };
}

export function minus(fields: FieldSet, gone: FieldSet): FieldSet {
  return new Set([...fields].filter((field) => !gone.has(field)));
}

function only(fields: FieldSet, present: FieldSet): FieldSet {
  return new Set([...fields].filter((field) => present.has(field)));
}
