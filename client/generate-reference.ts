/** Writes docs/commands.md: `node client/generate-reference.ts`. A test holds it current. */
import { writeFile } from 'node:fs/promises';
import { buildProgram } from './program.ts';
import { commandReference } from './reference.ts';
import { processTerminal } from './terminal.ts';

const program = buildProgram({
  terminal: processTerminal(process.env), environment: {}, onInterrupt: () => undefined, takeSignals: () => undefined,
  connect: () => Promise.reject(new Error('nothing is run here')),
}, () => undefined);
await writeFile(new URL('../docs/commands.md', import.meta.url), commandReference(program));
