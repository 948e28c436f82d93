/** Writes the table of faults into docs/simulator.md: `node simulator/generate-docs.ts`. A test holds it current. */
import { readFile, writeFile } from 'node:fs/promises';
import { faultTable } from './faults.ts';

const file = new URL('../docs/simulator.md', import.meta.url);
const text = await readFile(file, 'utf8');
await writeFile(file, text.replace(/\| fault \| on \|[^]*?\n(?=\n)/, () => `${faultTable()}\n`));
