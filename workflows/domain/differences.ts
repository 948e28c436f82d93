/** What differs between two JSON values, a line for each place: `spec.pools[web].drain.enabled: was true, is false`. */
export function differences(place: string, before: unknown, now: unknown): readonly string[] {
  if (isObject(before) && isObject(now)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])].toSorted();
    return keys.flatMap((key) => differences(`${place}.${key}`, before[key], now[key]));
  }
  if (isNamedList(before) && isNamedList(now)) {
    const names = [...new Set([...before, ...now].map(({ name }) => name))];
    const lines = names.flatMap((name) => differences(`${place}[${name}]`, before.find((item) => item.name === name), now.find((item) => item.name === name)));
    return lines.length > 0 || words(before) === words(now) ? lines : [`${place}: in another order`];
  }
  return words(before) === words(now) ? [] : [`${place}: was ${words(before)}, is ${words(now)}`];
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNamedList(value: unknown): value is readonly (Json & { readonly name: string })[] {
  return Array.isArray(value) && value.length > 0 && value.every((item: unknown) => isObject(item) && typeof item['name'] === 'string');
}

function words(value: unknown): string {
  return value === undefined || value === null ? 'not set' : JSON.stringify(value);
}
