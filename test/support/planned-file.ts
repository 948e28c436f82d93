import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FileSource, PlannedFile } from '../../workflows/domain/planned-file.ts';

/** A file of a plan with the content that it has now; one that is not there is planned as an empty one. */
export function plannedFile(what: FileSource['what'], name: string, path: string): PlannedFile {
  const key = what === 'addon' ? `spec.addons[${name}].manifest.file` : 'spec.kubeadm.componentConfigs.file';
  const bytes = contentOf(path);
  return { what, name, key, path, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}
