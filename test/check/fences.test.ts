import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findBreaches } from '../../tools/check/find-breaches.ts';
import type { Breach } from '../../tools/check/find-breaches.ts';
import { readImports } from '../../tools/check/read-imports.ts';
import { readSourceTree } from '../../tools/check/source-tree.ts';

const root = fileURLToPath(new URL('must-fail/fences', import.meta.url));

let breaches: readonly Breach[];
before(async () => { breaches = findBreaches(await readSourceTree(root)); });

const rows: readonly (readonly [rule: string, file: string, ...messages: RegExp[]])[] = [
  ['a workflow imports no Node built-in', 'workflows/built-in.ts', /^imports the Node built-in node:fs:/],
  ['a built-in without its prefix is one as well', 'workflows/built-in-without-prefix.ts', /^imports the Node built-in path:/],
  ['a workflow reaches no built-in through another file', 'workflows/through-another.ts', /^reaches the Node built-in node:fs by workflows\/built-in\.ts → the Node built-in node:fs:/],
  ['a workflow reaches no built-in through two others', 'workflows/through-two.ts', /^reaches the Node built-in node:fs by workflows\/through-another\.ts → workflows\/built-in\.ts →/],
  ['a workflow imports no zod', 'workflows/zod-direct.ts', /^imports the package zod:/],
  ['a workflow reaches no zod through spec', 'workflows/zod-reached.ts', /^imports spec\/schema\.ts:/, /^reaches the package zod by spec\/schema\.ts/],
  ['an import when asked counts', 'workflows/dynamic.ts', /^imports the Node built-in node:crypto:/],
  ['a workflow imports no Kubernetes library', 'workflows/kubernetes.ts', /^imports the package @kubernetes\/client-node:/],
  ['a workflow takes types of activities, no code', 'workflows/activity-value.ts', /^imports activities\/index\.ts:/, /^reaches the Node built-in node:os by activities\/index\.ts/],
  ['the domain takes not even types of Temporal', 'workflows/domain/temporal.ts', /^imports the package @temporalio\/common for its types:/],
  ['the domain imports no workflow', 'workflows/domain/outward.ts', /^imports workflows\/messages\.ts:/],
  ['the spec imports the domain only', 'spec/outward.ts', /^imports workflows\/messages\.ts:/],
  ['activities import no code of workflows', 'activities/workflow-value.ts', /^imports workflows\/messages\.ts:/],
  ['activities import no worker', 'activities/worker.ts', /^imports worker\/main\.ts:/],
  ['the worker takes workflows by path', 'worker/workflow-value.ts', /^imports workflows\/allowed\.ts:/],
  ['the worker imports no client', 'worker/client.ts', /^imports client\/main\.ts:/],
  ['the client imports no activities', 'client/activity.ts', /^imports activities\/index\.ts:/],
  ['the client takes no types of activities', 'client/activity-type.ts', /^imports activities\/index\.ts:/],
  ['the client loads the worker only when asked', 'client/worker-static.ts', /^imports worker\/main\.ts:/],
  ['the client loads no SSH', 'client/ssh.ts', /^imports the package ssh2:/],
];

describe('import fences', () => {
  for (const [rule, file, ...messages] of rows) {
    test(rule, () => {
      const found = breaches.filter((breach) => breach.file === file).map(({ message }) => message);
      assert.equal(found.length, messages.length, found.join('\n'));
      for (const [index, message] of messages.entries()) assert.match(found[index] ?? '', message);
    });
  }

  test('what the architecture allows passes', () => {
    const refused = new Set<string>(rows.map(([, file]) => file));
    assert.deepEqual(breaches.filter(({ file }) => !refused.has(file)), []);
  });
});

describe('reading imports', () => {
  const read = [
    ["import { a } from './a.ts';", 'static'],
    ["import type { A } from './a.ts';", 'type'],
    ["import type * as A from './a.ts';", 'type'],
    ["export type { A } from './a.ts';", 'type'],
    ["export * from './a.ts';", 'static'],
    ["import {\n  a,\n  type B,\n} from './a.ts';", 'static'],
    ["import './a.ts';", 'static'],
    ["const a = await import('./a.ts');", 'dynamic'],
  ] as const;
  for (const [source, kind] of read) {
    test(`${source.replaceAll('\n', ' ')} is ${kind}`, async () => {
      assert.deepEqual(await readImports(source), [{ specifier: './a.ts', kind, line: 1 }]);
    });
  }

  test('text that looks like an import is none', async () => {
    assert.deepEqual(await readImports("export type Name = string;\n// import a from './a.ts'\nexport const text = `\nimport type { b } from './b.ts';\n`;\n"), []);
  });
});
