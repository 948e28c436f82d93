/**
 * One text for one value: keys sorted by code unit, no white space, `undefined` properties left out. What is equal
 * as JSON is equal as text, so that a hash of the text is a hash of the value.
 *
 * @throws TypeError for what JSON cannot carry: functions, symbols, big integers, NaN and infinities, `undefined` in a list.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: unknown) => canonicalJson(item)).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`canonicalJson: a value of type ${typeof value} is not JSON, nor are NaN and infinities`);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
