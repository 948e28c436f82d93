import ssh2 from 'ssh2';
import type { ParsedKey } from 'ssh2';
import type { SshSpec } from '../../workflows/domain/spec.ts';
import { createFileReader } from '../file-reader.ts';
import { stepError } from '../step-error.ts';
import type { Credentials } from './connect.ts';
import { fingerprintOf } from './host-key.ts';
import { parseKnownHosts } from './known-hosts.ts';
import { nameOf, readReference } from './read-reference.ts';

const KEY_PATH = 'spec.access.ssh.privateKey';
const KNOWN_HOSTS_PATH = 'spec.access.ssh.knownHosts';

/**
 * Reads the private key and known_hosts that the spec refers to. The same object as before where nothing of it changed.
 *
 * @throws FileMissing, SshAuthenticationFailed (a key that is none, or that wants a passphrase)
 */
export type OpenCredentials = (ssh: SshSpec) => Promise<Credentials>;

interface Opened {
  readonly knownHostsText: string;
  readonly credentials: Credentials;
}

export function createOpenCredentials(): OpenCredentials {
  const read = createFileReader();
  const opened = new Map<string, Opened>();
  return async (ssh) => {
    const [keyText, knownHostsText] = await Promise.all([readReference(ssh.privateKey, KEY_PATH, read), readReference(ssh.knownHosts, KNOWN_HOSTS_PATH, read)]);
    const references = JSON.stringify([ssh.privateKey, ssh.knownHosts]);
    const former = opened.get(references);
    if (former?.credentials.privateKey === keyText && former.knownHostsText === knownHostsText) return former.credentials;
    const credentials = credentialsOf(ssh, keyText, knownHostsText);
    opened.set(references, { knownHostsText, credentials });
    return credentials;
  };
}

function credentialsOf(ssh: SshSpec, keyText: string, knownHostsText: string): Credentials {
  const privateKeyName = nameOf(ssh.privateKey);
  return {
    privateKey: keyText,
    fingerprint: fingerprintOf(parseKey(keyText, privateKeyName).getPublicSSH()),
    privateKeyName,
    knownHosts: parseKnownHosts(knownHostsText),
    knownHostsName: nameOf(ssh.knownHosts),
  };
}

function parseKey(text: string, name: string): ParsedKey {
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(text);
  // One file can hold a list of keys; the first is taken, as by ssh.
  const key = firstOf(parsed);
  if (key !== undefined && !(key instanceof Error) && key.isPrivateKey()) return key;
  const cause = key instanceof Error ? key.message : 'it is a public key';
  if (/passphrase|encrypted/i.test(cause)) {
    throw stepError('SshAuthenticationFailed', `${KEY_PATH}: the private key ${name} is protected by a passphrase, and nobody is there to type it.`, 'Give Capstan a key of its own without a passphrase, readable by the worker alone.');
  }
  throw stepError('SshAuthenticationFailed', `${KEY_PATH}: ${name} holds no private key that can be read (${cause}).`, 'Name an OpenSSH or PEM private key, such as one made by ssh-keygen -t ed25519.');
}

function firstOf(parsed: ParsedKey | readonly ParsedKey[] | Error): ParsedKey | Error | undefined {
  return 'length' in parsed ? parsed[0] : parsed;
}
