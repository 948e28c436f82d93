import { spawn } from 'node:child_process';
import { redactedEnd } from '../redaction/redacted.ts';
import { stepError } from '../step-error.ts';

/** How `users[].user.exec` of a kubeconfig names a program. */
export interface ExecProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** What the kubeconfig says about getting the program; null where it says nothing. */
  readonly installHint: string | null;
}

/** A credential is a few KiB. */
const MOST_BYTES = 1024 * 1024;
const MOST_ERROR_BYTES = 64 * 1024;
const WORDS = 500;

/**
 * Runs the program and returns its standard output, which is a secret. The program gets no terminal, and a process group of its own
 * that ends with the time limit. Failures: CredentialsUnusable (it cannot be started), CredentialsFailed.
 */
export function runExecProgram(program: ExecProgram, execInfo: string, timeoutMs: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(program.command, program.args, {
    stdio: ['ignore', 'pipe', 'pipe'], detached: true,
    env: { ...process.env, ...program.environment, KUBERNETES_EXEC_INFO: execInfo },
  });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  let bytes = 0;
  let errorBytes = 0;
  const end = (): void => {
    clearTimeout(timer);
    endGroup(child.pid);
    // A child of the program's may hold them open for ever.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const words = (): string => saidOf(Buffer.concat(errors).toString('utf8'));
  const timer = setTimeout(() => {
    reject(failed(`${named(program)} gave no credential within ${timeoutMs / 1000} s${words()}`, program));
    end();
  }, timeoutMs);
  child.on('error', (error) => {
    reject(cannotStart(program, error));
    end();
  });
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MOST_BYTES) output.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    // The last words say why.
    errors.push(chunk);
    errorBytes += chunk.length;
    while (errorBytes - (errors[0]?.length ?? 0) > MOST_ERROR_BYTES) errorBytes -= errors.shift()?.length ?? 0;
  });
  child.on('close', (code, signal) => {
    end();
    if (code === 0 && bytes <= MOST_BYTES) resolve(Buffer.concat(output).toString('utf8'));
    else if (code === 0) reject(failed(`${named(program)} printed more than a credential: over ${MOST_BYTES} bytes`, program));
    else reject(failed(`${named(program)} ended with ${code === null ? `signal ${String(signal)}` : `exit code ${code}`}${words()}`, program));
  });
  return promise;
}

/** Its name, without arguments: those may hold secrets. */
export function named(program: ExecProgram): string {
  return `the program ${program.command} that the kubeconfig names for its credentials (users[].user.exec)`;
}

export function failed(cause: string, program: ExecProgram): Error {
  return stepError('CredentialsFailed', `No credentials for the Kubernetes API: ${cause}.`, `Run ${program.command} as the kubeconfig has it, as the worker's user and without a terminal. The step is tried again by itself.`);
}

function cannotStart(program: ExecProgram, error: Error): Error {
  const code = 'code' in error ? String(error.code) : error.name;
  const why = code === 'ENOENT' ? 'does not exist' : `cannot be started (${code})`;
  const hint = program.installHint === null ? '' : ` The kubeconfig says: ${program.installHint}`;
  const message = `No credentials for the Kubernetes API: ${named(program)} ${why} where the worker runs.`;
  const next = `Install ${program.command} where the worker runs and in its PATH, or give the worker a kubeconfig with a token or certificate.${hint}`;
  // Too many processes or open files pass; a missing program does not.
  return stepError(code === 'ENOENT' || code === 'EACCES' || code === 'ENOEXEC' || code === 'ENOTDIR' ? 'CredentialsUnusable' : 'CredentialsFailed', message, next);
}

function saidOf(text: string): string {
  const end = redactedEnd(text, WORDS);
  return end === '' ? '' : `: ${end}`;
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended, and everything that it started.
  }
}
