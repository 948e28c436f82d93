import type { KubeConfig, RequestContext, User } from '@kubernetes/client-node';
import { rememberSecret } from '../redaction/known-secrets.ts';
import { failureTypeOf, stepError } from '../step-error.ts';
import { createExecCredentials, unusable } from './exec-credential.ts';
import type { ExecCredential } from './exec-credential.ts';

export interface ApiCredentials {
  /** Puts the credentials of the kubeconfig's current user into a request. Failures: CredentialsUnusable, CredentialsFailed. */
  apply(context: RequestContext): Promise<void>;
  /** The API does not take them. True where another try has others. */
  refused(): boolean;
}

export interface CredentialOptions {
  /** Of the kubeconfig's file; null where it is no file. */
  readonly folder: string | null;
  /** Default 30 s. */
  readonly execTimeoutMs?: number;
}

/** What an HTTP header may hold. */
const HEADER = /^[\t\x20-\x7E\x80-\xFF]*$/;

/** The credentials of a kubeconfig, remembered so that no text with them leaves. No error of a library is repeated: they quote them. */
export function createCredentials(config: KubeConfig, options: CredentialOptions): ApiCredentials {
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  rememberUsers(config.users);
  const exec = cluster === null ? null : createExecCredentials(user, cluster, options.folder, options.execTimeoutMs);
  let used: ExecCredential | null = null;

  async function withExec(): Promise<void> {
    if (exec === null || user === null) return;
    const credential = await exec.get();
    if (credential === used) return;
    used = credential;
    config.users = config.users.map((one) => (one.name === user.name ? { ...user, exec: undefined, ...fieldsOf(credential) } : one));
  }

  return {
    async apply(context) {
      await withExec();
      try {
        await config.applySecurityAuthentication(context);
      } catch (error) {
        throw cannotApply(error);
      }
      const headers: Readonly<Record<string, string>> = context.getHeaders();
      rememberSecret(headers['Authorization']?.replace(/^\w+ /, ''));
      if (!Object.values(headers).every((value) => HEADER.test(value.trim()))) throw unusable('its token, or the name to impersonate, has a line break or another character in it that no HTTP header can carry', 'Write it on one line in the kubeconfig.');
    },
    refused() {
      if (exec === null || used === null) return false;
      exec.refused(used);
      return true;
    },
  };
}

/** An error of OpenSSL's about a certificate or key of the kubeconfig, on the way to the first byte; null for any other. */
export function keyPairFailure(code: string): Error | null {
  if (!code.startsWith('ERR_OSSL_')) return null;
  return unusable(`its client certificate, its key or its certificate authority is damaged, or they do not belong together (${code})`, 'Check client-certificate-data, client-key-data and certificate-authority-data of the kubeconfig, or the files that it names.');
}

function fieldsOf({ token, certificate, key }: ExecCredential): Partial<User> {
  return {
    ...(token === null ? {} : { token }),
    ...(certificate === null || key === null ? {} : { certData: Buffer.from(certificate).toString('base64'), keyData: Buffer.from(key).toString('base64') }),
  };
}

function rememberUsers(users: readonly User[]): void {
  for (const { token, password, keyData } of users) for (const secret of [token, password, keyData]) rememberSecret(secret);
}

function cannotApply(error: unknown): Error {
  if (error instanceof Error && failureTypeOf(error) !== null) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const path = error instanceof Error && 'path' in error ? String(error.path) : '';
  if (path !== '') return unusable(`the file ${path} that it names cannot be read where the worker runs (${code})`, 'Put the file there, readable by the worker, or correct the kubeconfig.');
  const kind = code === '' ? (error instanceof Error ? error.name : typeof error) : code;
  return stepError('CredentialsFailed', `The credentials of the kubeconfig cannot be had (${kind}); the error itself may hold them, so it is not repeated.`, 'Try `kubectl get --raw /readyz` with this kubeconfig where the worker runs. The step is tried again by itself.');
}
