import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RehearsalError } from './rehearsal-error.ts';

/** An object of a dump and the file that it came from. */
export interface DumpedObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

/** Objects of a dump by kind. */
export type DumpedObjects = ReadonlyMap<string, readonly DumpedObject[]>;

/** What `kubectl` must have been asked for; the page on rehearsals has the same lines. */
export const DUMP_COMMANDS = [
  'kubectl get nodes,pods,deployments,replicasets,statefulsets,daemonsets,jobs,poddisruptionbudgets,persistentvolumes -A -o json > DIR/cluster.json',
  'kubectl get namespace kube-system -o json > DIR/kube-system.json',
  'kubectl -n kube-system get configmap kubeadm-config -o json > DIR/kubeadm-config.json',
] as const;

const HOW = `make it with:\n${DUMP_COMMANDS.map((command) => `  ${command}`).join('\n')}`;

/** Without these nothing can be planned. */
const NEEDED: readonly { readonly kind: string; readonly name?: string; readonly what: string }[] = [
  { kind: 'Node', what: 'no node' }, { kind: 'Pod', what: 'no pod' },
  { kind: 'Namespace', name: 'kube-system', what: 'no namespace kube-system, which says whose dump it is' },
  { kind: 'ConfigMap', name: 'kubeadm-config', what: 'no ConfigMap kubeadm-config, which holds the version' },
];

/**
 * Reads every `*.json` of a folder: each file holds one object or one List, as `kubectl get -o json` writes them.
 * @throws RehearsalError where the folder or a file cannot be read, is no such JSON, or something needed is in no file.
 */
export async function readDumpFolder(folder: string): Promise<DumpedObjects> {
  const files = (await namesIn(folder)).filter((name) => name.endsWith('.json')).toSorted();
  if (files.length === 0) throw new RehearsalError(`the dump ${folder} holds no file that ends in .json`, HOW);
  const objects = new Map<string, DumpedObject[]>();
  const seen = new Set<string>();
  for (const name of files) {
    const file = join(folder, name);
    for (const object of objectsOf(await parsed(file), file)) {
      const key = object.metadata.uid ?? `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const known = objects.get(object.kind);
      if (known === undefined) objects.set(object.kind, [object]);
      else known.push(object);
    }
  }
  for (const { kind, name, what } of NEEDED) {
    if (objects.get(kind)?.some((object) => name === undefined || object.metadata.name === name)) continue;
    throw new RehearsalError(`the dump ${folder} holds ${what}`, HOW);
  }
  return objects;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw new RehearsalError(`the dump ${folder} ${causeOf(error, 'folder')}`, HOW);
  }
}

async function parsed(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new RehearsalError(`${file} ${causeOf(error, 'file')}`, HOW);
  }
  if (text.trim() === '') throw new RehearsalError(`${file} is empty`, 'run its kubectl command again: it may have failed');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RehearsalError(`${file}${placeOf(text, error)} is not JSON (${error instanceof Error ? error.message : String(error)})`, 'write it with `kubectl get … -o json`, and let it end');
  }
}

/** `:12` of the line where the parser stopped, where it says so. */
function placeOf(text: string, error: unknown): string {
  const at = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  return at === undefined ? '' : `:${text.slice(0, Number(at)).split('\n').length}`;
}

function causeOf(error: unknown, what: 'file' | 'folder'): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  switch (code) {
    case 'ENOENT': return 'is not there';
    case 'ENOTDIR': return 'is a file, not a folder';
    case 'EACCES': return `is a ${what} that you may not read`;
    default: return `cannot be read (${String(code ?? error)})`;
  }
}

function objectsOf(value: unknown, file: string): readonly DumpedObject[] {
  const items = isRecord(value) && Array.isArray(value['items']) ? value['items'] : [value];
  return items.map((item: unknown, index) => {
    const problem = problemOf(item);
    if (problem === null && isDumpedObject(item)) return item;
    const where = items.length === 1 ? file : `${file}: items[${index}]`;
    throw new RehearsalError(`${where} ${problem ?? 'is no object of the Kubernetes API'}`, 'write it with `kubectl get … -o json`');
  });
}

function problemOf(item: unknown): string | null {
  if (!isDumpedObject(item)) return 'is no object of the Kubernetes API: it has no kind, or no metadata.name';
  const spec = item['spec'];
  switch (item.kind) {
    case 'Node': {
      const status = item['status'];
      const info = isRecord(status) ? status['nodeInfo'] : null;
      return isRecord(spec) && isRecord(info) && typeof info['kubeletVersion'] === 'string' ? null : `is the node ${item.metadata.name} without status.nodeInfo.kubeletVersion`;
    }
    case 'Pod':
      return isRecord(spec) && Array.isArray(spec['containers']) ? null : `is the pod ${item.metadata.name} without spec.containers`;
    default:
      return null;
  }
}

function isDumpedObject(item: unknown): item is DumpedObject {
  return isRecord(item) && typeof item['kind'] === 'string' && isRecord(item['metadata']) && typeof item['metadata']['name'] === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
