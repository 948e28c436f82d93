import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2';
import type { KnownHost } from './known-hosts.ts';

const HOST_KEYS = [
  'ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'rsa-sha2-512', 'rsa-sha2-256',
] as const satisfies readonly ServerHostKeyAlgorithm[];

/**
 * Algorithms that are offered, strongest first and nothing weaker than SHA-2. Kinds of host key that known_hosts has for the
 * host come first: a host shows only one of its keys, and it should be the one that can be verified.
 */
export function algorithmsFor(lines: readonly KnownHost[]): Algorithms {
  const known = new Set(lines.filter((entry) => entry.marker === 'none').map((entry) => entry.type));
  const isKnown = (algorithm: ServerHostKeyAlgorithm): boolean => known.has(algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm);
  return {
    kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256', 'ecdh-sha2-nistp384', 'ecdh-sha2-nistp521', 'diffie-hellman-group16-sha512'],
    serverHostKey: [...HOST_KEYS.filter(isKnown), ...HOST_KEYS.filter((algorithm) => !isKnown(algorithm))],
    cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
    hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
    compress: ['none'],
  };
}
