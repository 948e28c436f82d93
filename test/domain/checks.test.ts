import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { CHECKS, isCheckId } from '../../workflows/domain/checks.ts';
import type { CheckInfo } from '../../workflows/domain/checks.ts';

const CHECK_LIST: readonly (readonly [string, CheckInfo])[] = Object.entries(CHECKS);
const root = new URL('../../', import.meta.url);

async function sources(): Promise<string> {
  const texts = await Promise.all(['activities', 'client', 'workflows'].map(async (folder) => {
    const files = (await readdir(new URL(folder, root), { recursive: true })).filter((file) => file.endsWith('.ts') && !file.endsWith('domain/checks.ts'));
    return Promise.all(files.map((file) => readFile(new URL(`${folder}/${file}`, root), 'utf8')));
  }));
  return texts.flat().join('\n');
}

test('every check of the table is made somewhere', async () => {
  const text = await sources();
  const idle = CHECK_LIST.map(([id]) => id).filter((id) => !text.includes(`'${id}'`));
  assert.deepEqual(idle, []);
});

test('ids are kebab-case and in order, and each says what it is about', () => {
  const ids = CHECK_LIST.map(([id]) => id);
  assert.deepEqual(ids, ids.toSorted());
  for (const [id, { about }] of CHECK_LIST) {
    assert.match(id, /^[a-z]+(-[a-z]+)*$/);
    assert.ok(about.length > 10, id);
  }
});

test('what the contract never waives is not waivable, and neither is what preflight does not make', () => {
  for (const [id, { by, waivable }] of CHECK_LIST) {
    if (by !== 'preflight' || /^(etcd|version)-/.test(id)) assert.equal(waivable, false, id);
  }
});

test('a name that objects have by birth is not a check', () => {
  for (const name of ['constructor', 'toString', '__proto__', '', 'Nodes-Ready']) assert.equal(isCheckId(name), false, name);
});
