import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const LAUNCHER = fileURLToPath(new URL('../../client/bin/capstan.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly seconds: number;
}

export interface SpawnOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly nodeArgs?: readonly string[];
  /** Called with all of stdout so far; may signal the process. */
  readonly onOutput?: (out: string, interrupt: () => void) => void;
}

/** Nothing listens on the discard port. */
export const NOWHERE = '127.0.0.1:9';

/** Runs the real program as a person does, under this Node. Temporal is nowhere unless the environment names one. */
export function spawnCapstan(args: readonly string[], { environment = {}, nodeArgs = [], onOutput }: SpawnOptions = {}): Promise<Ended> {
  const begun = performance.now();
  const child = spawn(process.execPath, [...nodeArgs, LAUNCHER, ...args], {
    cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', NODE_TEST_CONTEXT: '', CAPSTAN_TEMPORAL_ADDRESS: NOWHERE, ...environment },
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    onOutput?.(out, () => { child.kill('SIGINT'); });
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { err += text; });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err, seconds: (performance.now() - begun) / 1000 }));
  });
}
