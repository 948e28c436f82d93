/** The process that starts the hosts' commands: see `spawner.ts`. It ends with the twin that started it, and all of theirs with it. */
import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import type { ProcessKind, SpawnerReply, SpawnerRequest } from './spawner-messages.ts';

const STDIO = {
  command: ['pipe', 'pipe', 'pipe'],
  // Nobody reads the fourth one: it is open for as long as any process of the unit is, and that is how its end is known.
  unit: ['ignore', 'ignore', 'ignore', 'pipe'],
} as const satisfies Record<ProcessKind, StdioOptions>;

const children = new Map<number, ChildProcess>();

process.on('message', (request: SpawnerRequest) => {
  switch (request.type) {
    case 'start': start(request); break;
    case 'input': input(request.id, request.data); break;
    case 'leave': leave(request.id); break;
    case 'kill': kill(children.get(request.id)); break;
  }
});
// However the twin ended.
process.on('disconnect', end);
process.on('SIGTERM', end);
// The twin decides when it has had enough; Ctrl-C reaches both.
process.on('SIGINT', () => undefined);

function end(): void {
  for (const child of children.values()) kill(child);
  process.exit();
}

function reply(message: SpawnerReply): void {
  if (process.connected) process.send?.(message);
}

function start({ id, program, args, cwd, env, kind }: Extract<SpawnerRequest, { type: 'start' }>): void {
  const child = spawn(program, args, { cwd, env, detached: true, stdio: [...STDIO[kind]] });
  children.set(id, child);
  for (const stream of child.stdio) stream?.on('error', () => undefined);
  child.stdout?.on('data', (data: Buffer) => { reply({ type: 'output', id, stream: 'stdout', data }); });
  child.stderr?.on('data', (data: Buffer) => { reply({ type: 'output', id, stream: 'stderr', data }); });
  if (kind === 'unit') child.stdio[3]?.on('data', () => undefined);
  child.once('error', () => { reply({ type: 'exit', id, code: null }); });
  // A command is over when its output is, too.
  if (kind === 'unit') child.once('exit', (code) => { reply({ type: 'exit', id, code: code ?? 1 }); });
  child.once('close', (code, signal) => {
    children.delete(id);
    reply({ type: 'close', id, code, signal });
  });
}

function input(id: number, data: Uint8Array | null): void {
  const stdin = children.get(id)?.stdin;
  if (data === null) stdin?.end();
  else stdin?.write(data);
}

function leave(id: number): void {
  for (const stream of children.get(id)?.stdio ?? []) stream?.destroy();
}

/** The whole group: each of these children leads one. */
function kill(child: ChildProcess | undefined): void {
  if (child?.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}
