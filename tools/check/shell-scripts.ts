import { spawnSync } from 'node:child_process';

/** Runs shellcheck over the scripts; the lines it printed, none where all is well. */
export function checkShellScripts(root: string, scripts: readonly string[]): readonly string[] {
  if (scripts.length === 0) return [];
  const { error, status, stdout } = spawnSync('shellcheck', ['--format=gcc', ...scripts], { cwd: root, encoding: 'utf8' });
  if (error !== undefined) return ['shellcheck is not installed. Next: apt-get install shellcheck'];
  return status === 0 ? [] : stdout.trim().split('\n');
}
