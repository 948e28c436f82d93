import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { FAILURES } from '../../workflows/domain/failure.ts';
import { commandTree } from './fake-client.ts';

const TEXT = await readFile(new URL('../../docs/operating.md', import.meta.url), 'utf8');

test('docs/operating.md says of each failure what it means and what to type', () => {
  const headings = [...TEXT.matchAll(/^### (.+)$/gm)].flatMap(([, names = '']) => names.split(', '));
  assert.deepEqual(headings.toSorted(), Object.keys(FAILURES).toSorted());
});

test('docs/operating.md names no command or option that there is not', () => {
  const program = commandTree();
  const typed = [...TEXT.matchAll(/\bcapstan ([a-z][a-z-]*)([^`\n#|]*)/g)];
  assert.ok(typed.length > 20);
  for (const [line, name = '', rest = ''] of typed) {
    const command = program.commands.find((each) => each.name() === name);
    assert.ok(command !== undefined, line);
    for (const [option] of rest.matchAll(/(?<= )--?[a-z][a-z-]*/g)) {
      assert.ok(command.options.some(({ short, long }) => short === option || long === option), line);
    }
  }
});
