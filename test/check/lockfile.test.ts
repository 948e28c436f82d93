import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { z } from 'zod';

const root = new URL('../../', import.meta.url);
const lockSchema = z.object({
  packages: z.record(z.string(), z.looseObject({ resolved: z.string().optional(), integrity: z.string().optional(), link: z.boolean().optional(), optionalDependencies: z.record(z.string(), z.string()).optional() })),
});
const { packages } = lockSchema.parse(JSON.parse(await readFile(new URL('package-lock.json', root), 'utf8')));

describe('package-lock.json', () => {
  test('names no registry', () => {
    assert.deepEqual(Object.keys(packages).filter((name) => packages[name]?.resolved !== undefined), []);
  });

  test('has the hash of every package, also of those that only other platforms install', () => {
    const without = Object.entries(packages).filter(([name, { integrity, link }]) => name !== '' && link !== true && !/^sha512-[A-Za-z\d+/]{86}==$/.test(integrity ?? ''));
    assert.deepEqual(without.map(([name]) => name), [], 'Next: node tools/complete-lockfile.ts');
  });

  test('holds the packages of every platform, without which npm ci refuses it', () => {
    const wanted = Object.values(packages).flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}));
    const missing = wanted.filter((name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)));
    assert.deepEqual(missing, [], 'Next: node tools/complete-lockfile.ts');
  });
});
