import { describedSchema, publishedSchema } from './json-schema.ts';
import { specReference } from './reference.ts';

export interface GeneratedFile {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

/** The files that are made from the schema. */
export function generatedFiles(): readonly GeneratedFile[] {
  return [
    { path: 'docs/cluster-upgrade.schema.json', text: `${JSON.stringify(publishedSchema(), null, 2)}\n` },
    { path: 'docs/spec.md', text: specReference(describedSchema()) },
  ];
}
