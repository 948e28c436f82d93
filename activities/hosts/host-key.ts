import { createHash } from 'node:crypto';
import type { ApplicationFailure } from '@temporalio/common';
import { stepError } from '../step-error.ts';
import { judgeKey, lookupName } from './known-hosts.ts';
import type { HostKeyVerdict, KnownHost } from './known-hosts.ts';

/** A host whose key is to be verified. */
export interface VerifiedHost {
  /** As messages name it, such as `cp1 (172.30.0.11:22)`. */
  readonly label: string;
  readonly address: string;
  readonly port: number;
  /** Lines of known_hosts that speak of it. */
  readonly lines: readonly KnownHost[];
  /** Where known_hosts was read from. */
  readonly knownHostsName: string;
}

/** Why a host's key is not accepted; null where known_hosts has it. */
export function hostKeyFailure(host: VerifiedHost, key: Buffer): ApplicationFailure | null {
  const verdict = judgeKey(host.lines, key);
  if (verdict.kind === 'known') return null;
  const shown = describeKey(typeOf(key), key);
  return stepError('HostKeyMismatch', `${host.label}: ${explain(host, verdict, shown)} No credential was sent.`, nextStep(host, verdict, key));
}

/** SHA-256 fingerprint of a key in wire format, as `ssh-keygen -l` prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

function explain(host: VerifiedHost, verdict: Exclude<HostKeyVerdict, { kind: 'known' }>, shown: string): string {
  const file = host.knownHostsName;
  switch (verdict.kind) {
    case 'unknown':
      return `the host is not in known_hosts (${file}); it shows the key ${shown}.`;
    case 'revoked':
      return `the host shows the key ${shown}, which line ${String(verdict.line)} of ${file} revokes.`;
    case 'authority':
      return `line ${String(verdict.line)} of ${file} knows the host by a certificate authority only, and host certificates are not supported; it shows the key ${shown}.`;
    case 'changed': {
      const expected = verdict.expected.map((entry) => `${describeKey(entry.type, entry.key)} (${file}:${String(entry.line)})`);
      return `the host's key is not the one in known_hosts. Got ${shown}, expected ${expected.join(' or ')}. The host was installed again, or another machine answers in its place.`;
    }
  }
}

function nextStep(host: VerifiedHost, verdict: Exclude<HostKeyVerdict, { kind: 'known' }>, key: Buffer): string {
  const kind = typeOf(key).startsWith('ecdsa') ? 'ecdsa' : typeOf(key).replace('ssh-', '');
  const compare = `Compare the fingerprint on the host's own console: ssh-keygen -lf /etc/ssh/ssh_host_${kind}_key.pub.`;
  const name = lookupName(host.address, host.port);
  if (verdict.kind === 'changed') return `${compare} If it is the same: ssh-keygen -R '${name}' -f ${host.knownHostsName}, then record the new key there.`;
  if (verdict.kind === 'revoked') return `Give the host a new key and record it in ${host.knownHostsName}.`;
  return `${compare} If it is the same, add to ${host.knownHostsName}: ${name} ${typeOf(key)} ${key.toString('base64')}`;
}

function describeKey(type: string, key: Buffer): string {
  return `${type} ${fingerprintOf(key)}`;
}

/** The type that a key in wire format begins with. */
function typeOf(key: Buffer): string {
  if (key.length < 4) return 'unknown';
  return key.toString('latin1', 4, 4 + Math.min(key.readUInt32BE(0), 64));
}
