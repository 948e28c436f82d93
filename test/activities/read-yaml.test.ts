import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseYaml, readYaml } from '../../activities/read-yaml.ts';

const SECRET = 'CANARYPW9x';

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let index = 1; index < 10; index += 1) lines.push(`a${index}: &a${index} [${Array.from({ length: 10 }, () => `*a${index - 1}`).join(', ')}]`);
  return `${lines.join('\n')}\n`;
}

test('what is not YAML is named by its line and never quoted', () => {
  const broken = [
    `password: *${SECRET}`, `a: |${SECRET}\n  b`, `a: "\\${SECRET}"`, `a: [${SECRET}`, `a: '${SECRET}`, `a: ${SECRET}: b`, `a: @${SECRET}`, `%${SECRET} x\n---\na: 1\n`, `a: &${SECRET} *${SECRET}`, `\t${SECRET}: 1`,
    `a: 1\na: ${SECRET}`, `a:\n  b: 1\n ${SECRET}: 2`, `a: b\n- ${SECRET}`, `{a: 1} ${SECRET}`,
  ];
  for (const text of broken) {
    const read = readYaml(`ok: 1\n---\n${text}`);
    assert.ok(!read.ok, text);
    assert.ok(!read.problem.includes(SECRET), read.problem);
    assert.match(read.problem, /^line \d+: |^an alias/);
    assert.throws(() => parseYaml(`ok: 1\n---\n${text}`), (error: Error) => !error.message.includes(SECRET));
  }
});

for (const text of ['x: [1\n', 'x: {a: 1\n', 'spec:\n  list: [a,\nnext: 1\n', 'x: "a\nb: 1\n', 'a:\n  b: 1\n c: 2\n']) {
  test(`what is said of ${JSON.stringify(text)} is true of it`, () => {
    const read = readYaml(text);
    assert.match(read.ok ? '' : read.problem, /bracket or a quote is not closed|a quote, a bracket, a colon or a space is missing|key goes over several lines/);
  });
}

test('aliases that stand for too much, deep nesting and many keys end soon, with the reason', () => {
  const startMs = performance.now();
  assert.deepEqual(readYaml(bomb()), { ok: false, problem: 'its aliases (*) stand for too much' });
  const deep = readYaml('['.repeat(100_000));
  assert.ok(!deep.ok);
  const many = readYaml(Array.from({ length: 20_000 }, (_, index) => `key${index}: 1`).join('\n'));
  assert.ok(many.ok);
  assert.ok(performance.now() - startMs < 20_000);
});

test('documents that are empty are left out, and tags that nobody knows are no noise', () => {
  assert.deepEqual(readYaml('---\n---\na: 1\n---\n# only a comment\n'), { ok: true, values: [{ a: 1 }] });
  assert.equal(parseYaml(''), undefined);
});

test('activities read YAML in one place only', () => {
  const folder = new URL('../../activities/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  assert.deepEqual(files.filter((file) => /import \{[^}]*\bparse\w*[^}]*\} from 'yaml'/.test(readFileSync(new URL(file, folder), 'utf8'))), ['read-yaml.ts']);
});
