import { isObject } from './shape.ts';

/** Key of what a workflow gets in place of a payload that cannot be read. Somebody may send an object with it: that is refused just the same. */
const KEY = 'capstan.dev/undecodable';

const LONGEST_REASON = 300;

/** Stands for a payload that cannot be read. Plain JSON, so that it comes out of a converter like any other value. */
export function undecodable(reason: string): Readonly<Record<string, string>> {
  return { [KEY]: reason.slice(0, LONGEST_REASON) };
}

/** Why what was given could not be read; null where it could. */
export function undecodableReason(given: unknown): string | null {
  if (!isObject(given) || !Object.hasOwn(given, KEY)) return null;
  const reason = given[KEY];
  return typeof reason === 'string' ? reason.slice(0, LONGEST_REASON) : 'unknown';
}
