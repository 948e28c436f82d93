import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { diskFiles } from '../../simulator/hosts/files.ts';
import { layFirstProcess, layProcess } from '../../simulator/hosts/process-files.ts';
import type { ShownProcess } from '../../simulator/hosts/process-files.ts';
import type { DurableOutcome, DurableStep, Hosts, HostScript, ProbeResult, StepState } from '../../activities/hosts/port.ts';

const DOUBLES = join(import.meta.dirname, 'doubles');

/** Programs of the machine that the scripts may use; everything else that they call is a double. */
const REAL = [
  'awk', 'base64', 'basename', 'cat', 'chmod', 'chown', 'cmp', 'cp', 'cut', 'date', 'dirname', 'env', 'find', 'grep', 'head', 'id', 'ls', 'mkdir', 'mktemp', 'mv',
  'od', 'rm', 'sed', 'sha256sum', 'sleep', 'sort', 'stat', 'sync', 'tail', 'timeout', 'touch', 'tr', 'uniq', 'wc', 'sh',
] as const;

export interface FakeHost {
  readonly hosts: Hosts;
  /** Folder that stands for `/`. */
  readonly root: string;
  /** Sets a file of the doubles' state; null removes it. */
  set(path: string, text: string | Buffer | null): void;
  get(path: string): string | null;
  /** Shows a process that nothing can end; its number. */
  show(name: string, change?: Partial<ShownProcess>): number;
  /** Makes a file or folder two days old. */
  age(path: string): void;
  /** Writes a file of the host. */
  put(path: string, text: string): void;
  read(path: string): string;
  /** Names in a folder of the host. */
  list(path: string): readonly string[];
  /** Puts a program of this text on the PATH; null takes it away. */
  program(name: string, text: string | null): void;
  /** Commands that the doubles were called with, as on a host. */
  journal(): string;
  /** Durable steps that were started, by name. */
  readonly started: readonly string[];
  /** What the host was asked, in order: `claim STEP`, `probe SCRIPT`. */
  readonly asked: readonly string[];
  /** The next start of this step is cut off before anything happens. */
  interrupt(step: string): void;
  remove(): void;
}

/** One host whose scripts run in a real sh, over doubles of everything that would change a machine. */
export function fakeHost(family: 'apt' | 'dnf'): FakeHost {
  const home = mkdtempSync(join(tmpdir(), 'capstan-steps-'));
  const [root, state, bin] = [join(home, 'root'), join(home, 'state'), join(home, 'bin')];
  for (const folder of [root, state, bin, join(state, 'installed'), join(state, 'held'), join(state, 'repository'), join(state, 'etcd'), join(root, 'var/lib/kubelet'), join(root, 'var/cache')]) mkdirSync(folder, { recursive: true });
  layFirstProcess(diskFiles(), join(root, 'proc'));
  for (const name of REAL) symlinkSync(execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(), join(bin, name));
  for (const folder of ['host', family]) for (const name of readdirSync(join(DOUBLES, folder))) copyFileSync(join(DOUBLES, folder, name), join(bin, name));
  const env = { PATH: bin, STATE: state, DOUBLES: join(DOUBLES, 'host'), CAPSTAN_ROOT: root, CAPSTAN_PROC: join(root, 'proc'), HOME: home, TMPDIR: home };

  const run = (script: HostScript, args: readonly string[], onOutput?: (text: string) => void): Promise<ProbeResult> =>
    new Promise((resolve) => {
      const file = join(home, `script-${runs++}`);
      writeFileSync(file, script.text);
      const child = execFile('/bin/sh', [file, ...args], { env }, (error, stdout, stderr) => resolve({ exitCode: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }));
      child.stdout?.on('data', (text: string) => onOutput?.(text));
    });

  let runs = 0;
  const results = new Map<string, { readonly retry: number; readonly outcome: DurableOutcome }>();
  const running = new Map<string, Promise<DurableOutcome>>();
  const started: string[] = [];
  const asked: string[] = [];
  const interruptions: string[] = [];

  async function start(step: DurableStep, onOutput?: (text: string) => void): Promise<DurableOutcome> {
    const intent = (step.after ?? 0) + 1;
    started.push(step.step);
    const cutOff = interruptions.indexOf(step.step);
    if (cutOff !== -1) {
      interruptions.splice(cutOff, 1);
      return { kind: 'interrupted', intent, tail: '' };
    }
    const result = await run(step.script, step.args, onOutput);
    return { kind: 'finished', intent, exitCode: result.exitCode, seconds: 1, tail: `${result.stdout}${result.stderr}`.slice(-8192), started: true };
  }

  const hosts: Hosts = {
    probe: (_host, script, args, options) => {
      asked.push(`probe ${script.name}`);
      return run(script, args, options?.onOutput);
    },
    async runStep(_host, step, options) {
      const known = results.get(step.step);
      if (known !== undefined && known.outcome.kind === 'finished' && known.retry >= step.retry) return { ...known.outcome, started: false };
      const unit = running.get(step.step) ?? start(step, options?.onOutput).then((outcome) => {
        results.set(step.step, { retry: step.retry, outcome });
        running.delete(step.step);
        return outcome;
      });
      running.set(step.step, unit);
      const { signal } = options ?? {};
      if (signal === undefined) return unit;
      const left = new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('the wait was left')), { once: true }));
      return Promise.race([unit, left]);
    },
    async claimStep(_host, { step, retry }): Promise<StepState> {
      asked.push(`claim ${step}`);
      if (running.has(step)) return 'running';
      const known = results.get(step);
      if (known === undefined || known.retry < retry) return 'absent';
      return known.outcome.kind;
    },
    readOutput: async () => null,
    async download(_host, remotePath, localPath) {
      const content = readFileSync(join(root, remotePath));
      mkdirSync(dirname(localPath), { recursive: true, mode: 0o700 });
      writeFileSync(localPath, content, { mode: 0o600 });
      return { sha256: createHash('sha256').update(content).digest('hex'), bytes: content.length };
    },
    async upload(_host, remotePath, content) {
      put(remotePath, content instanceof Uint8Array ? Buffer.from(content).toString() : readFileSync(content.file, 'latin1'));
    },
  };

  function put(path: string, text: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }

  function set(path: string, text: string | Buffer | null): void {
    if (text === null) rmSync(join(state, path), { force: true });
    else writeFileSync(join(state, path), text);
  }
  const get = (path: string): string | null => (existsSync(join(state, path)) ? readFileSync(join(state, path), 'utf8') : null);

  // Above what Linux gives to a process: a signal sent to one of these by mistake reaches nobody.
  let pids = 5_000_000;
  function show(name: string, change: Partial<ShownProcess> = {}): number {
    pids += 1;
    layProcess(diskFiles(), join(root, 'proc'), pids, { name, ...change });
    const list = `runs-${name.slice(0, 15)}`;
    set(list, `${get(list) ?? ''}${pids}\n`);
    return pids;
  }

  return {
    hosts, root, put, started, asked, set, get, show,
    age: (path) => {
      const then = new Date(Date.now() - 2 * 86_400_000);
      utimesSync(join(root, path), then, then);
    },
    read: (path) => readFileSync(join(root, path), 'utf8'),
    list: (path) => readdirSync(join(root, path)),
    program: (name, text) => {
      rmSync(join(bin, name), { force: true });
      if (text !== null) writeFileSync(join(bin, name), text, { mode: 0o755 });
    },
    journal: () => (existsSync(join(state, 'journal')) ? readFileSync(join(state, 'journal'), 'utf8').replaceAll(root, '').replaceAll(home, '') : ''),
    interrupt: (step) => interruptions.push(step),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}
