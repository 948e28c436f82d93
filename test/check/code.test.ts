import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkShellScripts } from '../../tools/check/shell-scripts.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = 'test/check/must-fail';
const bin = (name: string): string => `${root}/node_modules/.bin/${name}`;

function output(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(command, [...args], { cwd: root }, (_, stdout, stderr) => { resolve(stdout + stderr); });
  });
}

let findings: readonly string[];
before(async () => {
  const [types, lint] = await Promise.all([
    output(bin('tsc'), ['-p', folder]),
    output(bin('oxlint'), ['--type-aware', '--format=unix', `${folder}/code`]),
  ]);
  findings = `${types}\n${lint}`.split('\n');
}, { timeout: 120_000 });

const rows = [
  ['a promise of a workflow is awaited', 'floating-promise', /no-floating-promises/],
  ['the validator of an update is not async', 'async-validator', /no-misused-promises/],
  ['there are no enums', 'enumeration', /TS1294/],
  ['there are no default exports', 'default-export', /no-default-export/],
  ['there is no any', 'explicit-any', /no-explicit-any/],
  ['nothing is declared to be there that may not be', 'not-null', /no-non-null-assertion/],
  ['a switch names every case', 'swallowed-case', /switch-exhaustiveness-check/],
  ['a finding carries no check that the table does not have', 'unknown-check', /TS2322/],
  ['an element of an array may be absent', 'unchecked-index', /TS2322/],
] as const;

describe('types and lint', () => {
  for (const [rule, file, reason] of rows) {
    test(rule, () => {
      const found = findings.filter((line) => line.startsWith(`${folder}/code/${file}.ts`));
      assert.ok(found.length > 0, findings.join('\n'));
      for (const line of found) assert.match(line, reason);
    });
  }

  test('right code passes', () => {
    assert.deepEqual(findings.filter((line) => line.includes('/allowed.ts')), []);
  });
});

test('shell scripts are checked, and a machine without shellcheck is told how to get it', () => {
  const found = checkShellScripts(root, [`${folder}/bad.sh`]);
  assert.match(found.join('\n'), /SC2086|apt-get install shellcheck/);
});
