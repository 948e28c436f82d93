import { createHmac } from 'node:crypto';

/** One key line of a known_hosts file, as sshd(8) describes them. */
export interface KnownHost {
  /** Line number in the file, from 1. */
  readonly line: number;
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  readonly patterns: readonly string[];
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  /** The key in SSH's wire format. */
  readonly key: Buffer;
}

/** What known_hosts says about a host and the key that it showed. */
export type HostKeyVerdict =
  | { readonly kind: 'known' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'revoked'; readonly line: number }
  /** Only certificates of an authority are accepted for this host, and certificates are not supported. */
  | { readonly kind: 'authority'; readonly line: number }
  | { readonly kind: 'changed'; readonly expected: readonly KnownHost[] };

/** Reads the key lines; comments, empty lines and lines that are no key line are passed over, as OpenSSH does. */
export function parseKnownHosts(text: string): readonly KnownHost[] {
  return text.split('\n').flatMap((line, index) => parseLine(line.trim(), index + 1));
}

/** The lines that speak of a host: by address, in brackets with its port where that is not 22. */
export function linesFor(known: readonly KnownHost[], address: string, port: number): readonly KnownHost[] {
  const name = lookupName(address, port);
  return known.filter((entry) => matches(entry.patterns, name));
}

/**
 * The lines that a host is judged by: those of its address, and of its name where none of the former holds a key. A line that only
 * revokes keys, or names an authority, such as one for `*`, says nothing about where the host's own key stands.
 */
export function linesOfHost(known: readonly KnownHost[], host: { readonly name: string; readonly address: string; readonly port: number }): readonly KnownHost[] {
  const byAddress = linesFor(known, host.address, host.port);
  const byName = linesFor(known, host.name, host.port).filter((entry) => !byAddress.includes(entry));
  const hasKey = byAddress.some(({ marker }) => marker === 'none');
  return [...byAddress, ...byName.filter(({ marker }) => !hasKey || marker === 'revoked')];
}

/** The name under which OpenSSH records a host. */
export function lookupName(address: string, port: number): string {
  const name = address.toLowerCase();
  return port === 22 ? name : `[${name}]:${String(port)}`;
}

/** Judges a key by the lines that speak of its host. Keys are compared byte by byte. */
export function judgeKey(lines: readonly KnownHost[], key: Buffer): HostKeyVerdict {
  const revoked = lines.find((entry) => entry.marker === 'revoked' && entry.key.equals(key));
  if (revoked !== undefined) return { kind: 'revoked', line: revoked.line };
  const keys = lines.filter((entry) => entry.marker === 'none');
  if (keys.some((entry) => entry.key.equals(key))) return { kind: 'known' };
  if (keys.length > 0) return { kind: 'changed', expected: keys };
  const authority = lines.find((entry) => entry.marker === 'cert-authority');
  if (authority !== undefined) return { kind: 'authority', line: authority.line };
  return { kind: 'unknown' };
}

function parseLine(text: string, line: number): readonly KnownHost[] {
  if (text === '' || text.startsWith('#')) return [];
  const fields = text.split(/\s+/);
  const marker = markerOf(fields[0] ?? '');
  if (marker === null) return [];
  if (marker !== 'none') fields.shift();
  const [hosts, type, encoded] = fields;
  if (hosts === undefined || type === undefined || encoded === undefined) return [];
  const key = Buffer.from(encoded, 'base64');
  if (!startsWithType(key, type)) return [];
  return [{ line, marker, patterns: hosts.split(','), type, key }];
}

function markerOf(field: string): KnownHost['marker'] | null {
  if (!field.startsWith('@')) return 'none';
  if (field === '@revoked') return 'revoked';
  return field === '@cert-authority' ? 'cert-authority' : null;
}

/** The wire format begins with the type's length and name; anything else is a damaged line. */
function startsWithType(key: Buffer, type: string): boolean {
  return key.length > 4 + type.length && key.readUInt32BE(0) === type.length && key.toString('latin1', 4, 4 + type.length) === type;
}

/** A pattern list: one match is enough, and one negated match is enough to refuse. */
function matches(patterns: readonly string[], name: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith('!');
    if (!matchesOne(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

function matchesOne(pattern: string, name: string): boolean {
  if (pattern.startsWith('|')) return matchesHash(pattern, name);
  return matchesWildcards(pattern.toLowerCase(), name);
}

/**
 * `*` stands for any characters, `?` for one; brackets of `[host]:port` are themselves. Only the last star is ever tried again, so
 * that a line costs at most its length times that of the name, however many stars it has.
 */
function matchesWildcards(pattern: string, name: string): boolean {
  let at = 0;
  let inName = 0;
  let star = -1;
  let afterStar = 0;
  while (inName < name.length) {
    if (pattern[at] === '*') {
      star = at;
      afterStar = inName;
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[inName])) {
      at += 1;
      inName += 1;
    } else if (star >= 0) {
      at = star + 1;
      afterStar += 1;
      inName = afterStar;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

/** `|1|salt|hash`: HMAC-SHA1 of the name, keyed by the salt. */
function matchesHash(pattern: string, name: string): boolean {
  const [, version, salt, hash] = pattern.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}
