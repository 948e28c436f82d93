/** `npm run build`: the published package in dist/, with the shell scripts and the workflow bundle beside the code. */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const PARTS = ['workflows', 'spec', 'codec', 'activities', 'worker', 'simulator', 'client'];
const BUILD_CONFIG = '.tsconfig.build.json';

rmSync(dist, { recursive: true, force: true });
compile();
for (const file of globSync(`{${PARTS.join(',')}}/**/*.sh`, { cwd: root })) {
  mkdirSync(dirname(join(dist, file)), { recursive: true });
  cpSync(join(root, file), join(dist, file));
}
run('the workflow bundle', process.execPath, [join(dist, 'worker', 'build-bundle.js'), join(dist, 'workflow-bundle.js')]);

function compile(): void {
  const config = join(root, BUILD_CONFIG);
  const options: unknown = { extends: './tsconfig.json', include: PARTS };
  writeFileSync(config, JSON.stringify(options));
  try {
    run('the compiler', join(root, 'node_modules', '.bin', 'tsc'), ['-p', config]);
  } finally {
    rmSync(config);
  }
}

function run(name: string, command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, [...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    process.stderr.write(`build: ${name} failed${error === undefined ? '' : `: ${error.message}`}\n`);
    process.exit(1);
  }
}
