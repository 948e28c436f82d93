/**
 * Makes a fresh clone ready before an npm script runs: dependencies, Node 24 and, with --temporal, the Temporal binaries.
 * Runs under the machine's own Node, which may be 20, before anything is installed: plain JavaScript and built-ins only.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const lockfile = join(root, 'package-lock.json');
const installed = join(root, 'node_modules', '.package-lock.json');
const stamp = join(root, 'node_modules', '.capstan-lockfile');
const node = join(root, 'node_modules', '.bin', 'node');

main();

function main() {
  if (!isInstalled()) withLock(`npm-${digest(root).slice(0, 16)}`, install);
  if (process.argv.includes('--temporal')) fetchTemporal();
}

/** node_modules is what package-lock.json says. Its time is only asked where no stamp tells: `npm install` writes none. */
function isInstalled() {
  if (!existsSync(installed) || !existsSync(node)) return false;
  const wanted = digest(readFileSync(lockfile));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true;
  if (statSync(installed).mtimeMs < statSync(lockfile).mtimeMs) return false;
  writeFileSync(stamp, wanted);
  return true;
}

function install() {
  if (isInstalled()) return;
  process.stderr.write('Installing dependencies (npm ci), about half a minute …\n');
  // Output goes to stderr, so that `npm run -s capstan -- plan -o json` stays readable by programs.
  const { status, error } = spawnSync('npm', ['ci', '--include=dev', '--no-progress', '--loglevel=error'], {
    cwd: root, stdio: ['ignore', 2, 2], env: environmentWithoutOwnNode(), shell: process.platform === 'win32',
  });
  if (status !== 0) fail(`npm ci failed in ${root}${error === undefined ? '' : `: ${error.message}`}.\nNext: run it by hand; it wants npm 10 or newer and a reachable registry.`);
  if (!existsSync(node)) {
    fail(`npm ci left no Node 24 at ${node}: the install step of the package "node" did not run.\nNext: npm rebuild node (npm 11 needs "allowScripts" in package.json, which is there).`);
  }
  writeFileSync(stamp, digest(readFileSync(lockfile)));
}

/** `npm ci` removes node_modules first, and must not run on the Node inside it. */
function environmentWithoutOwnNode() {
  const own = join(root, 'node_modules', '.bin');
  const path = (process.env.PATH ?? '').split(':').filter((folder) => folder !== own).join(':');
  return { ...process.env, PATH: path, NODE_ENV: 'development' };
}

function fetchTemporal() {
  const { status } = withLock('temporal', () => spawnSync(node, [join(root, 'tools', 'fetch-temporal.ts')], { cwd: root, stdio: ['ignore', 2, 2] }));
  if (status !== 0) process.exit(status ?? 1);
}

function digest(content) {
  return createHash('sha256').update(content).digest('hex');
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
