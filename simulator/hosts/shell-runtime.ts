import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Machine } from './machine.ts';
import { pipeProcess } from './pipe-process.ts';
import { writePrograms } from './programs.ts';
import type { Disturbances, Runtime } from './runtime.ts';
import { createShell } from './shell.ts';
import { startToolServer, TOOL_PROGRAM } from './tool-server.ts';
import { createTools } from './tools/index.ts';

/** Hosts whose commands run in a real `sh`, with the twin's tools first on the PATH; those that are `absent` are not there. */
export async function startShellRuntime(folder: string, machines: ReadonlyMap<string, Machine>, disturb: Disturbances, absent: readonly string[]): Promise<Runtime> {
  const key = randomBytes(16).toString('hex');
  const programs = join(folder, 'programs');
  const shell = createShell({ environment });
  const tools = createTools(shell.units);
  writePrograms(programs, Object.keys(tools).filter((name) => !absent.includes(name)));
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
      // Where most programs are comes first: each shell looks through these folders for each program that it starts.
      PATH: `${programs}:/usr/bin:${process.env['PATH'] ?? '/bin'}`, HOME: `${machine.root}/tmp`, TMPDIR: `${machine.root}/tmp`,
      CAPSTAN_ROOT: machine.root, CAPSTAN_PROC: `${machine.root}/proc`,
      TWIN_PORT: String(server.port), TWIN_KEY: key, TWIN_NODE: machine.node.name, TWIN_UNIT: '',
    };
  }
  return {
    units: shell.units, programText: TOOL_PROGRAM, rootOf, killAll: shell.killAll,
    run: (machine, line, channel) => { pipeProcess(shell.command(machine, line), channel); },
    stop: async () => {
      await shell.stop();
      await server.stop();
    },
  };
}
