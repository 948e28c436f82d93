import { readYaml } from '../read-yaml.ts';
import { rememberSecretOf } from '../redaction/secret-object.ts';
import { stepError } from '../step-error.ts';
import type { Manifest } from '../kubernetes/objects.ts';

/** Objects of an add-on's manifest; Lists are opened. `file` names it in messages. @throws SpecInvalid */
export function parseManifest(text: string, file: string): readonly Manifest[] {
  const read = readYaml(text);
  if (!read.ok) throw invalid(file, read.problem);
  const objects = read.values.flatMap((value) => objectsOf(value, file));
  for (const object of objects) rememberSecretOf(object);
  return objects;
}

function objectsOf(value: unknown, file: string): readonly Manifest[] {
  if (value === null || value === undefined) return [];
  if (isList(value)) return value.items.flatMap((item) => objectsOf(item, file));
  if (!isManifest(value)) throw invalid(file, 'a document is no Kubernetes object: it needs apiVersion, kind and metadata.name');
  return [value];
}

function isList(value: unknown): value is { readonly items: readonly unknown[] } {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'List' && 'items' in value && Array.isArray(value.items);
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false;
  if (!('apiVersion' in value) || typeof value.apiVersion !== 'string') return false;
  if (!('kind' in value) || typeof value.kind !== 'string') return false;
  if (!('metadata' in value) || typeof value.metadata !== 'object' || value.metadata === null) return false;
  return 'name' in value.metadata && typeof value.metadata.name === 'string';
}

function invalid(file: string, cause: string): Error {
  return stepError('SpecInvalid', `The manifest ${file}: ${cause}.`, 'Correct the manifest; `kubectl apply --dry-run=server -f FILE` shows what the API takes.');
}
