import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { diskFiles } from '../../simulator/hosts/files.ts';
import { layFirstProcess, layProcess } from '../../simulator/hosts/process-files.ts';
import type { ShownProcess } from '../../simulator/hosts/process-files.ts';
import { until } from '../support/until.ts';

const SCRIPTS = join(import.meta.dirname, '..', '..', 'activities', 'hosts', 'scripts');
const PROCESS = 'trap "echo TERM >> $STATE/signals-$NAME" TERM; : > "$STATE/up-$NAME"; until [ -e "$STATE/end-$NAME" ]; do sleep 0.05; done';

export interface FakeProcess {
  readonly pid: number;
  /** SIGTERMs that it was sent. */
  readonly signals: () => number;
  /** Lets it end, and takes it out of the list of processes. */
  readonly end: () => Promise<void>;
}

export interface FakeStep {
  readonly output: () => string;
  /** Tells the step that kubeadm, or whatever it waits for, is done; resolves with its output at its end. */
  readonly end: () => Promise<string>;
}

/** A control-plane host for the scripts that work beside kubeadm and the kubelet: real processes that count their SIGTERMs. */
export interface ControlPlaneHost {
  readonly path: (name: string) => string;
  readonly put: (name: string, text: string) => void;
  /** A symbolic link, to whatever text. */
  readonly link: (name: string, target: string) => void;
  /** As `mv` of a new file in place of the old one. */
  readonly replace: (name: string, text: string) => void;
  /** A process of a static pod, found by the name. */
  readonly process: (name: string, ...args: readonly string[]) => FakeProcess;
  /** Shows a process that does not run. */
  readonly show: (pid: number, process: ShownProcess) => void;
  /** Runs shell text after the libraries. */
  readonly step: (text: string, ...args: readonly string[]) => FakeStep;
  /** Waits for a file of the state. */
  readonly until: (what: string) => Promise<void>;
}

/** A host of the libraries of `activities/hosts/scripts`, `lib-common` and `lib-processes` before them, with programs by name and shell text. */
export function controlPlaneHost(context: TestContext, libraries: readonly string[], programs: Readonly<Record<string, string>>): ControlPlaneHost {
  const home = mkdtempSync(join(tmpdir(), 'capstan-control-plane-'));
  const path = (name: string): string => join(home, name);
  const put = (name: string, text: string): void => {
    mkdirSync(join(home, name, '..'), { recursive: true });
    writeFileSync(path(name), text);
  };
  for (const [name, body] of Object.entries({ pgrep: 'cat "$STATE/process-$2" 2> /dev/null', ...programs })) {
    put(`bin/${name}`, `#!/bin/sh\n${body}\n`);
    chmodSync(path(`bin/${name}`), 0o755);
  }
  const files = diskFiles();
  layFirstProcess(files, path('proc'));
  const env = { PATH: `${path('bin')}:/usr/bin:/bin`, STATE: home, CAPSTAN_ROOT: path('root'), CAPSTAN_PROC: path('proc') };
  const running: Promise<unknown>[] = [];
  const ends: string[] = [];
  context.after(async () => {
    for (const end of ends) writeFileSync(path(end), '');
    await Promise.all(running);
    rmSync(home, { recursive: true, force: true });
  });

  function start(name: string, ...args: readonly string[]): FakeProcess {
    const child = spawn('/bin/sh', ['-c', PROCESS], { env: { ...env, NAME: name } });
    const ended = new Promise<void>((resolve) => { child.on('exit', () => resolve()); });
    running.push(ended);
    ends.push(`end-${name}`);
    const list = `process-${name.slice(0, 15)}`;
    put(list, `${child.pid}\n`);
    layProcess(files, path('proc'), child.pid ?? 0, { name, args });
    return {
      pid: child.pid ?? 0,
      signals: () => (existsSync(path(`signals-${name}`)) ? readFileSync(path(`signals-${name}`), 'utf8').split('TERM').length - 1 : 0),
      end: async () => {
        // First out of the list: a process that is listed after its end would be taken for its successor.
        put(list, '');
        put(`end-${name}`, '');
        await ended;
      },
    };
  }

  function step(text: string, ...args: readonly string[]): FakeStep {
    const sources = ['lib-common', 'lib-processes', ...libraries].map((name) => readFileSync(join(SCRIPTS, `${name}.sh`), 'utf8'));
    let output = '';
    const child = spawn('/bin/sh', ['-c', [...sources, text].join('\n'), 'step', ...args], { env });
    child.stdout.on('data', (data: Buffer) => { output += data.toString(); });
    child.stderr.on('data', (data: Buffer) => { output += data.toString(); });
    const ended = new Promise<string>((resolve) => { child.on('close', () => resolve(output)); });
    running.push(ended);
    ends.push('done');
    return { output: () => output, end: () => (put('done', ''), ended) };
  }

  return {
    path, put, step, process: start,
    show: (pid, process) => { layProcess(files, path('proc'), pid, process); },
    link: (name, target) => {
      mkdirSync(join(home, name, '..'), { recursive: true });
      symlinkSync(target, path(name));
    },
    replace: (name, text) => {
      put(`${name}.new`, text);
      renameSync(path(`${name}.new`), path(name));
    },
    until: (what) => until(what, () => existsSync(path(what))),
  };
}
