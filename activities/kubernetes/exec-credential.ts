import { join } from 'node:path';
import type { Cluster, User } from '@kubernetes/client-node';
import { whileBeatingIfAny } from '../activity-context.ts';
import { rememberSecret } from '../redaction/known-secrets.ts';
import { isSecretName } from '../../workflows/domain/redact.ts';
import { stepError } from '../step-error.ts';
import { failed, named, runExecProgram } from './exec-program.ts';
import type { ExecProgram } from './exec-program.ts';

/** What a program gave. Certificate and key are PEM. */
export interface ExecCredential {
  readonly token: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
  /** Milliseconds since the epoch; null where the program does not say. */
  readonly expiresMs: number | null;
}

export interface ExecCredentials {
  /** The credential to use now. The program runs at most once at a time, whoever asks. */
  get(): Promise<ExecCredential>;
  /** The API does not take it any more: the next `get` asks the program. */
  refused(credential: ExecCredential): void;
}

/** Programs that ask an identity provider take seconds; a person who would have to log in never comes. */
const TIMEOUT_MS = 30_000;
/** Asked for this long before it expires, beside what runs; the last moments count as expired, since clocks differ. */
const RENEW_MS = 120_000;
const SPARE_MS = 10_000;

/** Null where the user has no exec plugin. @param folder The kubeconfig's; a command with a slash in it starts there. */
export function createExecCredentials(user: User | null, cluster: Cluster, folder: string | null, timeoutMs = TIMEOUT_MS): ExecCredentials | null {
  const exec: unknown = user?.exec;
  if (!isRecord(exec)) return null;
  const program = programOf(exec, folder);
  const info = execInfo(exec, cluster);
  let kept: ExecCredential | null = null;
  let asking: Promise<ExecCredential> | null = null;

  function ask(): Promise<ExecCredential> {
    asking ??= runExecProgram(program, info, timeoutMs).then((text) => {
      kept = credentialOf(text, program);
      return kept;
    }).finally(() => { asking = null; });
    return asking;
  }

  return {
    get: async () => {
      const leftMs = kept?.expiresMs === null || kept === null ? Infinity : kept.expiresMs - Date.now();
      if (kept === null || leftMs < SPARE_MS) return whileBeatingIfAny(() => `waiting for credentials from ${program.command}`, ask);
      // A failure is met again when it has expired, and said then.
      if (leftMs < RENEW_MS) ask().catch(() => undefined);
      return kept;
    },
    refused: (credential) => {
      if (kept === credential) kept = null;
    },
  };
}

function programOf(exec: Readonly<Record<string, unknown>>, folder: string | null): ExecProgram {
  const command = textOf(exec['command']);
  if (command === null) throw unusable('the kubeconfig has an exec plugin without a command', 'Name its command under users[].user.exec.');
  if (exec['interactiveMode'] === 'Always') throw unusable(`${command}, its exec plugin, wants a terminal (interactiveMode: Always), and a worker has none`, 'Give the worker a kubeconfig with a token, a certificate, or a plugin that works without a person.');
  const environment: Record<string, string> = {};
  for (const entry of listOf(exec['env'])) {
    const name = isRecord(entry) ? textOf(entry['name']) : null;
    if (name === null || !isRecord(entry)) continue;
    environment[name] = textOf(entry['value']) ?? '';
    if (isSecretName(name)) rememberSecret(environment[name]);
  }
  const args = listOf(exec['args']).map(String);
  for (const [index, argument] of args.entries()) {
    const [name = '', value] = argument.split(/=(.*)/s);
    if (isSecretName(name.replace(/^-+/, ''))) rememberSecret(value ?? args[index + 1]);
  }
  const isRelative = command.includes('/') && !command.startsWith('/') && folder !== null;
  return { command: isRelative ? join(folder, command) : command, args, environment, installHint: textOf(exec['installHint']) };
}

/** What a plugin may ask about who calls it, as kubectl says it. */
function execInfo(exec: Readonly<Record<string, unknown>>, cluster: Cluster): string {
  const about = exec['provideClusterInfo'] !== true ? {} : {
    cluster: {
      server: cluster.server,
      ...(cluster.tlsServerName === undefined ? {} : { 'tls-server-name': cluster.tlsServerName }),
      ...(cluster.skipTLSVerify ? { 'insecure-skip-tls-verify': true } : {}),
      ...(cluster.caData === undefined ? {} : { 'certificate-authority-data': cluster.caData }),
      ...(cluster.proxyUrl === undefined ? {} : { 'proxy-url': cluster.proxyUrl }),
    },
  };
  return JSON.stringify({ apiVersion: textOf(exec['apiVersion']) ?? 'client.authentication.k8s.io/v1', kind: 'ExecCredential', spec: { ...about, interactive: false } });
}

/** Its output is never repeated: it is, or holds, the credential. */
function credentialOf(text: string, program: ExecProgram): ExecCredential {
  const parsed = parsedJson(text);
  const status = isRecord(parsed) ? parsed['status'] : undefined;
  if (!isRecord(parsed) || parsed['kind'] !== 'ExecCredential' || !isRecord(status)) {
    throw failed(`${named(program)} printed ${text.trim() === '' ? 'nothing' : 'something else'} in place of an ExecCredential in JSON`, program);
  }
  const token = textOf(status['token']);
  const certificate = textOf(status['clientCertificateData']);
  const key = textOf(status['clientKeyData']);
  rememberSecret(token);
  rememberSecret(key);
  if (token === null && (certificate === null || key === null)) throw failed(`the ExecCredential of ${named(program)} has neither a token nor a certificate with its key`, program);
  const expiresMs = Date.parse(textOf(status['expirationTimestamp']) ?? '');
  return { token, certificate, key, expiresMs: Number.isNaN(expiresMs) ? null : expiresMs };
}

export function unusable(cause: string, next: string): Error {
  return stepError('CredentialsUnusable', `The credentials of the kubeconfig cannot be used: ${cause}.`, next);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
