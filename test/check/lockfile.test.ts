import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { z } from 'zod';

const root = new URL('../../', import.meta.url);
const lockSchema = z.object({
  packages: z.record(z.string(), z.looseObject({ resolved: z.string().optional(), optionalDependencies: z.record(z.string(), z.string()).optional() })),
});
const { packages } = lockSchema.parse(JSON.parse(await readFile(new URL('package-lock.json', root), 'utf8')));

describe('package-lock.json', () => {
  test('names no registry', () => {
    assert.deepEqual(Object.keys(packages).filter((name) => packages[name]?.resolved !== undefined), []);
  });

  test('holds the packages of every platform, without which npm ci refuses it', () => {
    const wanted = Object.values(packages).flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}));
    const missing = wanted.filter((name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)));
    assert.deepEqual(missing, [], 'Next: node tools/complete-lockfile.ts');
  });
});
