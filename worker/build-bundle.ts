/** Bundles the workflow code into the file named by the first argument. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { bundleOptions, WORKFLOWS } from './bundle.ts';

const [destination] = process.argv.slice(2);
if (destination === undefined) throw new Error('Name the file to write.');
const { code } = await bundleWorkflowCode({ ...bundleOptions(WORKFLOWS), logger: new DefaultLogger('ERROR') });
await mkdir(dirname(destination), { recursive: true });
await writeFile(destination, code);
