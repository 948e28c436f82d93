/** Looks at values of which nobody says what they are: whoever reaches Temporal can send anything to a workflow. */

export type Fields = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isTextOrNull(value: unknown): boolean {
  return value === null || isText(value);
}

/** JSON has numbers that are infinite, such as `1e999`. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** A time that people and `Date` can read. */
export function isTime(value: unknown): value is string {
  return isText(value) && !Number.isNaN(Date.parse(value));
}

/** Milliseconds since the epoch that a `Date` can hold. */
export function isEpochMs(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= LAST_MS;
}

export function isListOf(value: unknown, isOne: (each: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

// ECMA-262, 21.4.1.1.
const LAST_MS = 8.64e15;
