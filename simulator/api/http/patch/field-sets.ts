import { isEqual } from '../../equal.ts';
import { isList, isObject } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { listKeys } from './list-keys.ts';

/**
 * Fields that someone manages, each as its path in the API's notation (`f:spec`, `k:{"name":"web"}`), joined by a line break, which
 * no name can hold.
 */
export type FieldSet = ReadonlySet<string>;

const BREAK = '\n';
/** What the API sets itself belongs to nobody. */
const NOBODYS = /^(f:apiVersion|f:kind|f:metadata(\n(f:name|f:namespace|f:uid|f:resourceVersion|f:generation|f:creationTimestamp|f:selfLink|f:managedFields|f:deletionTimestamp|f:deletionGracePeriodSeconds))?)$/;

/** All leaves of an object: a list without keys is one. */
export function fieldsOf(object: JsonObject): FieldSet {
  const fields = new Set<string>();
  collect(object, [], [], fields);
  return fields;
}

function collect(value: unknown, path: readonly string[], names: readonly string[], fields: Set<string>): void {
  if (isObject(value) && Object.keys(value).length > 0) {
    for (const [key, part] of Object.entries(value)) collect(part, [...path, `f:${key}`], [...names, key], fields);
    return;
  }
  const keys = isList(value) ? listKeys(names) : null;
  if (isList(value) && keys !== null && value.length > 0) {
    for (const item of value) collectItem(item, keys, path, names, fields);
    return;
  }
  add(fields, path);
}

function collectItem(item: unknown, keys: readonly string[], path: readonly string[], names: readonly string[], fields: Set<string>): void {
  const element = [...path, elementName(item, keys)];
  if (keys.length === 0 || !isObject(item)) {
    add(fields, element);
    return;
  }
  // The item itself is managed besides its fields: whoever gives it up takes it away.
  add(fields, [...element, '.']);
  collect(item, element, names, fields);
}

function elementName(item: unknown, keys: readonly string[]): string {
  if (keys.length === 0 || !isObject(item)) return `v:${JSON.stringify(item)}`;
  return `k:${JSON.stringify(Object.fromEntries(keys.toSorted().map((key) => [key, item[key] ?? (key === 'protocol' ? 'TCP' : null)])))}`;
}

function add(fields: Set<string>, path: readonly string[]): void {
  const joined = path.join(BREAK);
  if (!NOBODYS.test(joined)) fields.add(joined);
}

/** Value of a field; undefined where it is absent. */
export function valueAt(object: unknown, field: string): unknown {
  let value = object;
  const names: string[] = [];
  for (const part of field.split(BREAK)) {
    if (part === '.') return value;
    if (part.startsWith('f:')) {
      names.push(part.slice(2));
      value = isObject(value) ? value[part.slice(2)] : undefined;
    } else if (isList(value)) {
      const keys = listKeys(names) ?? [];
      value = value.find((item) => elementName(item, keys) === part);
    } else return undefined;
  }
  return value;
}

/** Fields of `after` that are new or have another value than before. */
export function changedFields(before: JsonObject, after: JsonObject): FieldSet {
  return new Set([...fieldsOf(after)].filter((field) => !isEqual(valueAt(before, field), valueAt(after, field)) || valueAt(before, field) === undefined));
}

/** A field as conflicts name it: `.spec.template.spec.containers[name="web"].image`. */
export function fieldName(field: string): string {
  let name = '';
  for (const part of field.split(BREAK)) {
    if (part.startsWith('f:')) name += `.${part.slice(2)}`;
    else if (part.startsWith('k:')) {
      const keys: unknown = JSON.parse(part.slice(2));
      name += `[${Object.entries(isObject(keys) ? keys : {}).map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    } else if (part.startsWith('v:')) name += `[=${part.slice(2)}]`;
  }
  return name;
}

/** As `metadata.managedFields` holds it. */
export function toFieldsV1(fields: FieldSet): JsonObject {
  const root: Record<string, unknown> = {};
  for (const field of [...fields].toSorted()) {
    let place = root;
    for (const part of field.split(BREAK)) {
      const next = place[part];
      const child: Record<string, unknown> = isObject(next) ? next : {};
      place[part] = child;
      place = child;
    }
  }
  return root;
}

export function fromFieldsV1(value: unknown): FieldSet {
  const fields = new Set<string>();
  function walk(part: unknown, path: readonly string[]): void {
    if (!isObject(part)) return;
    const entries = Object.entries(part);
    if (entries.length === 0 && path.length > 0) fields.add(path.join(BREAK));
    for (const [key, child] of entries) walk(child, [...path, key]);
  }
  walk(value, []);
  return fields;
}

