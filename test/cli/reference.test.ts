import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { checkReference } from '../../client/check-reference.ts';
import { commandReference } from '../../client/reference.ts';
import { capstan, commandTree, fakeClient } from './fake-client.ts';

const program = commandTree();

test('docs/commands.md is what the commands say of themselves', async () => {
  const text = await readFile(new URL('../../docs/commands.md', import.meta.url), 'utf8');
  assert.equal(text, commandReference(program), 'run `node client/generate-reference.ts`');
});

test('docs/checks.md is what the table of checks says', async () => {
  const text = await readFile(new URL('../../docs/checks.md', import.meta.url), 'utf8');
  assert.equal(text, checkReference(), 'run `node client/generate-reference.ts`');
});

test('every command explains itself and each of its options', () => {
  for (const command of program.commands) {
    assert.notEqual(command.description(), '', command.name());
    for (const option of command.options) assert.notEqual(option.description, '', `${command.name()} ${option.flags}`);
  }
});

test('help goes to stdout and ends with 0', async () => {
  for (const args of [['--help'], ['start', '--help'], ['help', 'start']]) {
    const { code, out, err } = await capstan(fakeClient(), args);
    assert.equal(code, 0);
    assert.match(out, /^Usage: capstan/);
    assert.equal(err, '');
  }
});
