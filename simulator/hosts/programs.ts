import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOOL_PROGRAM } from './tool-server.ts';
import { CONTAINER_TOOLS } from './tools/index.ts';

/** Programs that need no twin behind them. */
const PLAIN: Readonly<Record<string, string>> = {
  sudo: '#!/bin/sh\nwhile case $1 in -*) [ "$1" != -- ] ;; *) false ;; esac; do shift; done\n[ "$1" != -- ] || shift\nexec "$@"\n',
  // Whoever runs the twin is root on its hosts.
  id: '#!/bin/sh\necho 0\n',
  // A twin does not outlive this machine: nothing needs to be on its disk.
  sync: '#!/bin/sh\n',
};

/** Writes the twin's programs into a folder that goes first on the PATH of every host. */
export function writePrograms(folder: string, tools: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(PLAIN)) writeProgram(join(folder, name), text);
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
