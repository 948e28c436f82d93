import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LONG_LINES = 300;

/** Files of the project as git knows them, new ones included and ignored ones not. */
export function projectFiles(root: string): readonly string[] {
  const { status, stdout, stderr } = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`git ls-files failed in ${root}: ${stderr.trim()}`);
  return [...new Set(stdout.split('\n'))].filter((file) => file !== '' && existsSync(join(root, file)));
}

/** TypeScript files too long to hold one purpose. */
export function longFiles(root: string, files: readonly string[]): readonly string[] {
  return files.filter((file) => file.endsWith('.ts')).flatMap((file) => {
    const lines = readFileSync(join(root, file), 'utf8').split('\n').length - 1;
    return lines > LONG_LINES ? [`${file}: ${lines} lines; split it above ${LONG_LINES}`] : [];
  });
}
