/** Writes the files that are made from the schema: `node spec/generate-schema.ts`. A test holds them current. */
import { writeFile } from 'node:fs/promises';
import { generatedFiles } from './generated-files.ts';

const root = new URL('../', import.meta.url);
await Promise.all(generatedFiles().map(({ path, text }) => writeFile(new URL(path, root), text)));
