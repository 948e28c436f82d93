#!/usr/bin/env node
// Plain JavaScript for any Node from 18 on: finds a Node that can run the program, then the program.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants, homedir } from 'node:os';
import * as module from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// From 22.18 on Node runs TypeScript by stripping its types.
const LEAST = [22, 18];

const here = fileURLToPath(new URL('.', import.meta.url));
const built = join(here, '..', '..', 'dist', 'client', 'main.js');
const source = join(here, '..', 'main.ts');

if (isNewEnough(process.versions.node)) await run();
else runElsewhere();

async function run() {
  // A folder of the user's own: in a shared one, another user could place code for us to run.
  module.enableCompileCache?.(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'capstan', 'compiled'));
  const { main } = await import(existsSync(built) ? built : source);
  await main(process.argv.slice(2));
}

function runElsewhere() {
  const newer = [join(here, '..', '..', 'node_modules'), join(here, '..', '..', '..')]
    .map((folder) => join(folder, 'node', 'bin', 'node'))
    .find((file) => existsSync(file));
  if (newer === undefined) {
    process.stderr.write(`capstan: Node ${process.versions.node} is too old: capstan needs ${LEAST.join('.')} or newer (24 is best).\nNext: install Node 24, or \`npm ci\` in the clone of capstan, which brings its own.\n`);
    process.exitCode = 1;
    return;
  }
  const child = spawn(newer, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A signal sent to this process alone must reach the child too. A terminal or a service manager sends it to both:
  // the child takes repetitions within a second for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`capstan: ${newer} does not start: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
}
