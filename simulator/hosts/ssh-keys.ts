import ssh2 from 'ssh2';

/** A new Ed25519 key in OpenSSH's format. */
export function newPrivateKey(): string {
  // One in 256 keys that ssh2 makes begins with a zero byte that it drops: such a key cannot be read again.
  for (;;) {
    const made = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(made.private) instanceof Error)) return made.private;
  }
}

/** The public half in wire format. */
export function publicKeyOf(privateKey: string): Buffer {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) throw key;
  return key.getPublicSSH();
}

/** A line of known_hosts. */
export function knownHostsLine(address: string, port: number, key: Buffer): string {
  const host = port === 22 ? address : `[${address}]:${String(port)}`;
  return `${host} ${key.toString('latin1', 4, 4 + key.readUInt32BE(0))} ${key.toString('base64')}`;
}
