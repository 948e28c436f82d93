/** Writes invariants and fault points into docs/faults.md: `node test/faults/generate-docs.ts`. A test holds them current. */
import { writeFile } from 'node:fs/promises';
import { FAULTS_DOC, faultsDoc } from './docs.ts';

await writeFile(FAULTS_DOC, (await faultsDoc()).wanted);
