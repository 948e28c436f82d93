import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { ServerChannel } from 'ssh2';
import type { Machine } from './machine.ts';
import { writePrograms } from './programs.ts';
import type { Disturbances, Runtime } from './runtime.ts';
import { createShell } from './shell.ts';
import type { Shell } from './shell.ts';
import { startToolServer, TOOL_PROGRAM } from './tool-server.ts';
import { createTools } from './tools/index.ts';

/** Hosts whose commands run in a real `sh`, with the twin's tools first on the PATH. */
export async function startShellRuntime(folder: string, machines: ReadonlyMap<string, Machine>, disturb: Disturbances): Promise<Runtime> {
  const key = randomBytes(16).toString('hex');
  const programs = join(folder, 'programs');
  const shell = createShell({ environment });
  const tools = createTools(shell.units);
  writePrograms(programs, Object.keys(tools));
  const server = await startToolServer({
    key, tools, machineOf: (name) => machines.get(name), onCut: disturb.cut, onReboot: disturb.reboot,
    onKill: (machine, unit) => {
      if (unit === '') shell.killAll(machine);
      else shell.units.kill(machine, unit);
    },
  });

  const rootOf = (node: string): string => join(folder, 'roots', node);
  function environment(machine: Machine): NodeJS.ProcessEnv {
    return {
      PATH: `${programs}:${process.env['PATH'] ?? '/usr/bin:/bin'}`, HOME: `${machine.root}/tmp`, TMPDIR: `${machine.root}/tmp`,
      CAPSTAN_ROOT: machine.root, CAPSTAN_PROC: `${machine.root}/proc`,
      TWIN_PORT: String(server.port), TWIN_KEY: key, TWIN_NODE: machine.node.name, TWIN_UNIT: '',
    };
  }
  return {
    units: shell.units, programText: TOOL_PROGRAM, rootOf, killAll: shell.killAll,
    run: (machine, line, channel) => { pipe(shell, machine, line, channel); },
    stop: async () => {
      await shell.stop();
      await server.stop();
    },
  };
}

function pipe(shell: Shell, machine: Machine, line: string, channel: ServerChannel): void {
  const child = shell.command(machine, line);
  // As sshd does: a connection that ends closes the pipes and leaves the processes alone.
  const leave = (): void => {
    for (const stream of child.stdio) stream?.destroy();
  };
  channel.on('error', leave);
  channel.on('close', leave);
  for (const stream of child.stdio) stream?.on('error', () => undefined);
  if (child.stdin !== null) channel.pipe(child.stdin);
  child.stdout?.pipe(channel, { end: false });
  child.stderr?.pipe(channel.stderr, { end: false });
  child.on('close', (code, signal) => {
    if (!channel.writable) return;
    // What waits for the channel's window goes first, as with sshd.
    channel.stderr.end(() => {
      if (signal === null) channel.exit(code ?? 0);
      else channel.exit(signal.replace('SIG', ''), false, '');
      channel.end();
    });
  });
}
