import { readFile } from 'node:fs/promises';
import { pointTables } from './catalogue/points.ts';
import { invariantTable } from './invariants/invariants.ts';

export const FAULTS_DOC = new URL('../../docs/faults.md', import.meta.url);

/** The page, and what it would be with the lists that the programs know now. */
export async function faultsDoc(): Promise<{ readonly now: string; readonly wanted: string }> {
  const now = await readFile(FAULTS_DOC, 'utf8');
  return { now, wanted: withPart(withPart(now, 'invariants', invariantTable()), 'points', pointTables()) };
}

function withPart(text: string, name: string, part: string): string {
  return text.replace(new RegExp(`<!-- ${name} -->[^]*?<!-- end -->`), () => `<!-- ${name} -->\n${part}\n<!-- end -->`);
}
