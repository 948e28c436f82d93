/** `npm run check`: types, lint, import fences, shell scripts, long files. Ends with 1 where any but the last finds something. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { longFiles, projectFiles } from './check/files.ts';
import { findBreaches } from './check/find-breaches.ts';
import { checkShellScripts } from './check/shell-scripts.ts';
import { readSourceTree } from './check/source-tree.ts';
import { findUndeclared } from './check/undeclared.ts';

interface Part {
  readonly name: string;
  /** What is wrong, one finding a line. */
  readonly findings: readonly string[];
}

const root = fileURLToPath(new URL('..', import.meta.url));
// Files that are wrong on purpose: they test this check.
const MUST_FAIL = 'test/check/must-fail/';

const files = projectFiles(root).filter((file) => !file.startsWith(MUST_FAIL));
const parts = await Promise.all([
  program('types', 'tsc', ['--noEmit', '-p', '.']),
  program('lint', 'oxlint', ['--type-aware', '--format=unix', '--deny-warnings', '--ignore-pattern', MUST_FAIL, '--ignore-pattern', '.lab', '--ignore-pattern', 'dist']),
  fences(),
  shell(),
]);

for (const { name, findings } of parts) {
  process.stdout.write(findings.length === 0 ? `✔ ${name}\n` : `✖ ${name}\n${findings.map((line) => `    ${line}\n`).join('')}`);
}
for (const line of longFiles(root, files)) process.stdout.write(`! ${line}\n`);
process.exitCode = parts.some(({ findings }) => findings.length > 0) ? 1 : 0;

function program(name: string, command: string, args: readonly string[]): Promise<Part> {
  return new Promise((resolve) => {
    execFile(command, [...args], { cwd: root, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim();
      resolve({ name, findings: error === null ? [] : (output === '' ? error.message : output).split('\n') });
    });
  });
}

async function fences(): Promise<Part> {
  const tree = await readSourceTree(root);
  const breaches = [...findBreaches(tree), ...await findUndeclared(root, tree)];
  return { name: 'import fences', findings: breaches.map(({ file, line, message }) => `${file}:${line}: ${message}`) };
}

async function shell(): Promise<Part> {
  return { name: 'shell scripts', findings: checkShellScripts(root, files.filter((file) => file.endsWith('.sh') || file === '.ci/run')) };
}
