import { isObject } from '../../json-value.ts';
import { ownedOf, ownText, STATIC_POD_PATH } from './owned.ts';
import type { Owned } from './owned.ts';
import type { PatchTarget } from './patch-name.ts';

const OPERATIONS = ['add', 'remove', 'replace', 'move', 'copy', 'test'];

/** What a JSON patch changes that is kubeadm's own, or why it is not one; null where nothing speaks against it. */
export function jsonPatchProblem(target: PatchTarget, patch: unknown): string | null {
  if (!Array.isArray(patch)) return 'a json patch is a list of operations, each with op and path';
  return patch.map((operation: unknown) => operationProblem(ownedOf(target), operation)).find((problem) => problem !== null) ?? null;
}

function operationProblem(owned: Owned, operation: unknown): string | null {
  if (!isObject(operation)) return 'an operation is not a map with op and path';
  const { op, path, from } = operation;
  if (typeof op !== 'string' || !OPERATIONS.includes(op)) return `an operation has the op ${JSON.stringify(op) ?? 'undefined'}, which is not one of ${OPERATIONS.join(', ')}`;
  if (!isPointer(path)) return `the path of an operation is not a JSON pointer: ${JSON.stringify(path) ?? 'undefined'}`;
  if ((op === 'move' || op === 'copy') && !isPointer(from)) return `an operation ${op} has no pointer in from`;
  if (op === 'test') return null;
  if ((op === 'add' || op === 'replace') && !('value' in operation)) return `an operation ${op} at ${path} has no value`;
  if (op === 'move' && typeof from === 'string' && isOwn(owned, 'remove', from, undefined)) return ownText(from);
  return isOwn(owned, op, path, operation['value']) ? ownText(path === '' ? 'the whole object' : path) : null;
}

function isPointer(value: unknown): value is string {
  return typeof value === 'string' && (value === '' || value.startsWith('/'));
}

/** True where an operation at this place changes what kubeadm decides, or replaces what that stands in. */
function isOwn(owned: Owned, op: string, path: string, value: unknown): boolean {
  const keys = path.split('/').slice(1).map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (owned.metadata === null) return keys.length === 0 || ['apiVersion', 'kind', STATIC_POD_PATH].includes(keys[0] ?? '');
  const places = [['apiVersion'], ['kind'], ['metadata', 'name'], ['metadata', 'namespace'], ...Object.keys(owned.metadata.labels).map((label) => ['metadata', 'labels', label])];
  if (places.some((place) => isOnTheWay(keys, place))) return true;
  return owned.containers !== null && isInOwnContainer(owned.container, owned.containers, keys, op, value);
}

/** One of both leads to the other. */
function isOnTheWay(keys: readonly string[], place: readonly string[]): boolean {
  return place.every((key, at) => at >= keys.length || keys[at] === key);
}

/** kubeadm's container is the first and, as kubeadm writes it, the only one. An index below zero counts from the end. */
function isInOwnContainer(own: string, containers: readonly string[], keys: readonly string[], op: string, value: unknown): boolean {
  if (!isOnTheWay(keys, containers)) return false;
  const [index, field, ...rest] = keys.slice(containers.length);
  if (index === undefined) return true;
  if (isLater(index)) return false;
  if (field === undefined || field === 'image' || field === 'name') return true;
  if (field !== 'command') return false;
  const [word] = rest;
  if (word !== undefined) return !isLater(word);
  return op === 'remove' || !Array.isArray(value) || value[0] !== own;
}

/** Behind the first item of a list. */
function isLater(index: string): boolean {
  return index === '-' || /^[1-9]\d*$/.test(index);
}
