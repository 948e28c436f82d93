import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_STATES } from './machine.ts';
import { TOOL_PROGRAM } from './tool-server.ts';
import { CONTAINER_TOOLS } from './tools/index.ts';

/** Programs that need no twin behind them. */
const PLAIN: Readonly<Record<string, string>> = {
  // Asked so often that it reads a file instead of asking the twin.
  'dpkg-query': `#!/bin/sh
code=0 format=
shift
[ "$1" != -f ] || { format='%s %s %s %s\\n'; shift 2; }
for package; do
  read -r state wanted version 2> /dev/null < "$CAPSTAN_ROOT${PACKAGE_STATES}/$package" || { echo "dpkg-query: no packages found matching $package" >&2; code=1; continue; }
  if [ -n "$format" ]; then printf "$format" "$package" "$state" "$wanted" "$version"; else printf '%s\\t%s\\n' "$package" "$version"; fi
done
exit $code
`,
};

/** Writes the twin's programs into a folder that goes first on the PATH of every host. */
export function writePrograms(folder: string, tools: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(PLAIN)) writeProgram(join(folder, name), text);
  // A twin does not outlive this machine: nothing needs to be on its disk.
  symlinkSync('/bin/true', join(folder, 'sync'));
  const shared = join(folder, '.tool');
  writeProgram(shared, TOOL_PROGRAM);
  for (const name of tools) {
    if (!CONTAINER_TOOLS.some((inside) => inside === name)) symlinkSync(shared, join(folder, name));
  }
}

function writeProgram(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}
