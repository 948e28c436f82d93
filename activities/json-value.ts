/** An object of JSON or YAML as it was parsed. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object under a key; an empty one where there is none. */
export function objectAt(value: unknown, key: string): JsonObject {
  const found = isObject(value) ? value[key] : undefined;
  return isObject(found) ? found : {};
}

/** Objects of the list under a key; empty where there is none. */
export function objectsAt(value: unknown, key: string): readonly JsonObject[] {
  const found = isObject(value) ? value[key] : undefined;
  return Array.isArray(found) ? found.filter(isObject) : [];
}

export function textAt(value: unknown, key: string): string | null {
  const found = isObject(value) ? value[key] : undefined;
  return typeof found === 'string' && found !== '' ? found : null;
}

/** JSON with keys in order: equal for equal values. What is null or empty counts as absent. */
export function canonical(value: unknown): string {
  return JSON.stringify(orderly(value)) ?? 'null';
}

function orderly(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(orderly);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    const ordered = orderly(item);
    return isNothing(ordered) ? [] : [[key, ordered]];
  });
  return Object.fromEntries(kept.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** True for what YAML writes where nothing is set. */
export function isNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}
