/** Writes docs/commands.md and docs/checks.md: `node client/generate-reference.ts`. A test holds them current. */
import { writeFile } from 'node:fs/promises';
import { checkReference } from './check-reference.ts';
import { buildProgram } from './program.ts';
import { commandReference } from './reference.ts';
import { processTerminal } from './terminal.ts';

const program = buildProgram({
  terminal: processTerminal(process.env), environment: {}, onInterrupt: () => undefined, takeSignals: () => undefined,
  connect: () => Promise.reject(new Error('nothing is run here')),
}, () => undefined);
await writeFile(new URL('../docs/commands.md', import.meta.url), commandReference(program));
await writeFile(new URL('../docs/checks.md', import.meta.url), checkReference());
