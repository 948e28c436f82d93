import { isObject } from '../../json-value.ts';
import type { JsonObject } from '../../json-value.ts';
import { readYaml } from '../../read-yaml.ts';
import { parsePatchName } from './patch-name.ts';
import type { PatchFile } from './read-patches.ts';

/**
 * A kubelet configuration with the patches of `kubeletconfiguration`, as kubeadm applies them. A strategic patch of it is a merge
 * patch: none of its lists has a key.
 *
 * @throws Error where a patch names what is not there.
 */
export function patchedKubeletConfiguration(configuration: JsonObject, patches: readonly PatchFile[]): JsonObject {
  let patched: unknown = configuration;
  for (const { name, text } of patches) {
    const parsed = parsePatchName(name);
    if (parsed?.target !== 'kubeletconfiguration') continue;
    for (const document of documentsOf(text)) patched = parsed.type === 'json' ? withOperations(patched, document) : merged(patched, document);
  }
  return isObject(patched) ? patched : {};
}

function documentsOf(text: string): readonly unknown[] {
  const read = readYaml(text);
  if (!read.ok) throw new Error(read.problem);
  return read.values;
}

/** RFC 7396. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

/** RFC 6902. */
function withOperations(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) return target;
  return operations.reduce((patched: unknown, operation: unknown) => (isObject(operation) ? withOperation(patched, operation) : patched), target);
}

function withOperation(target: unknown, operation: JsonObject): unknown {
  const [path, from] = [keysOf(operation['path']), keysOf(operation['from'])];
  switch (operation['op']) {
    case 'add':
    case 'replace': return set(target, path, operation['value'], operation['op'] === 'add');
    case 'remove': return set(target, path, undefined, false);
    case 'copy': return set(target, path, read(target, from), true);
    case 'move': return set(set(target, from, undefined, false), path, read(target, from), true);
    default: return target;
  }
}

function keysOf(pointer: unknown): readonly string[] {
  return typeof pointer === 'string' ? pointer.split('/').slice(1).map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~')) : [];
}

function read(target: unknown, keys: readonly string[]): unknown {
  return keys.reduce((place: unknown, key) => (Array.isArray(place) ? place[Number(key)] : isObject(place) ? place[key] : undefined), target);
}

/** `value` undefined takes the place away; `insert` moves what stands there in a list. */
function set(target: unknown, [key, ...rest]: readonly string[], value: unknown, insert: boolean): unknown {
  if (key === undefined) return value;
  if (Array.isArray(target)) return setInList(target, key, rest, value, insert);
  if (!isObject(target) || (rest.length > 0 && !(key in target))) throw new Error(`a patch of kubeletconfiguration names /${[key, ...rest].join('/')}, and nothing is there`);
  const { [key]: former, ...others } = target;
  const next = rest.length === 0 ? value : set(former, rest, value, insert);
  return next === undefined ? others : { ...others, [key]: next };
}

function setInList(list: readonly unknown[], key: string, rest: readonly string[], value: unknown, insert: boolean): readonly unknown[] {
  const at = key === '-' ? list.length : Number(key);
  const next = rest.length === 0 ? value : set(list[at], rest, value, insert);
  return [...list.slice(0, at), ...(next === undefined ? [] : [next]), ...list.slice(rest.length === 0 && insert ? at : at + 1)];
}
