import { isEqual } from '../../equal.ts';
import { isList, isObject } from '../json.ts';
import { Refused, badRequest } from '../status.ts';

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/**
 * JSON patch, RFC 6902.
 *
 * @throws Refused where the patch has no such form, names what is not there, or a test fails.
 */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!isList(patch)) throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  let patched = target;
  for (const operation of patch) patched = applyOne(patched, operationOf(operation));
  return patched;
}

function operationOf(value: unknown): Operation {
  if (!isObject(value) || typeof value['op'] !== 'string' || typeof value['path'] !== 'string') throw badRequest('json patch operation needs an op and a path');
  const from = value['from'];
  return { op: value['op'], path: value['path'], ...(typeof from === 'string' ? { from } : {}), value: value['value'] };
}

function applyOne(target: unknown, { op, path, from = '', value }: Operation): unknown {
  switch (op) {
    case 'add':
      return set(target, pointer(path), value, 'add', path);
    case 'replace':
      if (read(target, pointer(path)) === undefined) throw unprocessable(`replace operation does not apply: doc is missing key: ${path}: missing value`);
      return set(target, pointer(path), value, 'replace', path);
    case 'remove':
      if (read(target, pointer(path)) === undefined) throw unprocessable(`remove operation does not apply: doc is missing path: "${path}": missing value`);
      return remove(target, pointer(path));
    case 'copy':
      return set(target, pointer(path), read(target, pointer(from)), 'add', path);
    case 'move':
      return set(remove(target, pointer(from)), pointer(path), read(target, pointer(from)), 'add', path);
    case 'test':
      if (!isEqual(read(target, pointer(path)) ?? null, value ?? null)) throw unprocessable(`testing value ${path} failed: test failed`);
      return target;
    default:
      throw unprocessable(`Unexpected kind: ${op}`);
  }
}

function pointer(path: string): readonly string[] {
  return path.split('/').slice(1).map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(target: unknown, keys: readonly string[]): unknown {
  let value = target;
  for (const key of keys) {
    if (isList(value)) value = value[Number(key)];
    else if (isObject(value)) value = value[key];
    else return undefined;
  }
  return value;
}

function set(target: unknown, [key, ...rest]: readonly string[], value: unknown, how: 'add' | 'replace', path: string): unknown {
  if (key === undefined) return value;
  if (isList(target)) {
    const at = key === '-' ? target.length : Number(key);
    if (rest.length > 0) return target.with(at, set(target[at], rest, value, how, path));
    return how === 'add' ? target.toSpliced(at, 0, value) : target.with(at, value);
  }
  if (!isObject(target)) throw unprocessable(`${how} operation does not apply: doc is missing path: "${path}": missing value`);
  if (rest.length > 0 && target[key] === undefined) throw unprocessable(`${how} operation does not apply: doc is missing path: "${path}": missing value`);
  return { ...target, [key]: set(target[key], rest, value, how, path) };
}

function remove(target: unknown, [key = '', ...rest]: readonly string[]): unknown {
  if (isList(target)) return rest.length > 0 ? target.with(Number(key), remove(target[Number(key)], rest)) : target.toSpliced(Number(key), 1);
  if (!isObject(target)) return target;
  if (rest.length > 0) return { ...target, [key]: remove(target[key], rest) };
  const { [key]: _, ...kept } = target;
  return kept;
}

function unprocessable(message: string): Refused {
  return new Refused({ code: 422, reason: 'Invalid', message: `the server rejected our request due to an error in our request`, details: { causes: [{ reason: 'UnexpectedServerResponse', message }] } });
}
