import type { UpgradeSpec } from '../workflows/domain/spec.ts';
import { readDocument } from './document.ts';
import type { SpecDocument } from './document.ts';
import { problemsOf } from './issues.ts';
import { formatPath, parsePath } from './path.ts';
import type { KeyPath } from './path.ts';
import type { SpecProblem } from './problem.ts';
import { folderOf, resolvePath } from './resolve-path.ts';
import { clusterUpgradeSchema } from './schema.ts';
import { toUpgradeSpec } from './to-upgrade-spec.ts';

export { formatProblem } from './problem.ts';
export type { SpecProblem } from './problem.ts';

export type ParseResult =
  | { readonly ok: true; readonly spec: UpgradeSpec; readonly warnings: readonly SpecProblem[] }
  | { readonly ok: false; readonly errors: readonly SpecProblem[] };

/**
 * Reads a spec: YAML, schema and the rules between keys. All problems are listed at once, in the order of the file;
 * text that is no YAML, or several documents, are reported before anything else is looked at.
 *
 * @param file Name of the file as problems show it.
 * @param folder Folder that relative paths of the spec start from; the one of `file` by default. Where it is relative
 *   it starts from the working directory, so that the spec's paths are absolute in any case.
 */
export function parseSpec(text: string, file: string, folder: string = folderOf(file)): ParseResult {
  const read = readDocument(text);
  if (!read.ok) return { ok: false, errors: read.problems.map((problem) => ({ ...problem, file, path: '' })) };
  const parsed = clusterUpgradeSchema.safeParse(read.document.value);
  if (!parsed.success) return { ok: false, errors: problemsOf(parsed.error.issues, read.document, file) };
  const spec = toUpgradeSpec(parsed.data, resolvePath(process.cwd(), folder));
  return { ok: true, spec, warnings: warningsOf(spec, read.document, file) };
}

/**
 * Line, from 1, of the value at a spec path such as `spec.access.kubeconfig.file`, or of the nearest value above it
 * that is written; null where the text cannot be read.
 */
export function lineOf(text: string, path: string): number | null {
  const read = readDocument(text);
  return read.ok ? read.document.positionOf(parsePath(path), 'key').line : null;
}

/**
 * A failure's message with file and line in front of each of its lines that begins with a spec path, as failures
 * about the spec do: `cluster.yaml:12: spec.access.kubeconfig.file: …`.
 */
export function placeMessage(text: string, file: string, message: string): string {
  return message.split('\n').map((line) => placeLine(text, file, line)).join('\n');
}

function placeLine(text: string, file: string, message: string): string {
  const path = /^(?:spec|metadata)(?:[.[][^\s:]*)?(?=: )/.exec(message)?.[0];
  const line = path === undefined ? null : lineOf(text, path);
  return line === null ? message : `${file}:${line}: ${message}`;
}

function warningsOf(spec: UpgradeSpec, document: SpecDocument, file: string): SpecProblem[] {
  const ignored = spec.kubeadm.ignorePreflightErrors.indexOf('all');
  if (ignored === -1) return [];
  const path: KeyPath = ['spec', 'kubeadm', 'ignorePreflightErrors', ignored];
  return [{
    file, ...document.positionOf(path), path: formatPath(path),
    message: 'lets every check of kubeadm\'s own preflight fail', expected: 'the names of single checks',
  }];
}
