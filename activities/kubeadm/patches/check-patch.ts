import { isObject } from '../../json-value.ts';
import { readYaml } from '../../read-yaml.ts';
import { jsonPatchProblem } from './check-json-patch.ts';
import { mergePatchProblem } from './check-merge-patch.ts';
import { parsePatchName, PATCH_TARGETS } from './patch-name.ts';
import type { PatchName } from './patch-name.ts';
import type { PatchFile } from './read-patches.ts';

/** Why kubeadm would not take a patch, or what it changes that kubeadm decides; null where nothing speaks against it. */
export function patchProblem({ name, text }: PatchFile): string | null {
  const parsed = parsePatchName(name);
  if (parsed === null) {
    return `kubeadm reads no patch from a file of this name: it is target[suffix][+patchtype].extension, where target is one of ${PATCH_TARGETS.join(', ')}, patchtype strategic, merge or json, and extension yaml or json`;
  }
  const documents = documentsOf(text);
  if (typeof documents === 'string') return documents;
  if (documents.length === 0) return 'it is empty';
  for (const document of documents) {
    const problem = documentProblem(parsed, document);
    if (problem !== null) return problem;
  }
  return null;
}

function documentProblem(name: PatchName, document: unknown): string | null {
  if (name.type === 'json') return jsonPatchProblem(name.target, document);
  if (!isObject(document)) return `a ${name.type} patch is a map, such as the part of the object that it changes${Array.isArray(document) ? '; a list of operations needs +json in the name of its file' : ''}`;
  return mergePatchProblem(name, document);
}

/** Documents that are not empty, or the reason why there are none. */
function documentsOf(text: string): readonly unknown[] | string {
  const read = readYaml(text);
  return read.ok ? read.values : read.problem;
}
