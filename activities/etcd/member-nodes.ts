import type { HostAddress } from '../hosts/port.ts';

/** A member of etcd and where it says that it is. */
export interface PlacedMember {
  readonly id: string;
  /** Peer and client URLs that it advertises. */
  readonly urls: readonly string[];
}

/**
 * Which node carries which member, by id: what is known already, and then where exactly one node has the address of a member's URLs.
 * A name proves nothing: members may be called otherwise than their nodes, or like another one.
 *
 * @param known Node of a member that said itself where it is, by the member's id.
 */
export function nodesOfMembers(members: readonly PlacedMember[], nodes: readonly HostAddress[], known: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const found = new Map(known);
  const taken = new Set(known.values());
  for (const { id, urls } of members) {
    if (found.has(id)) continue;
    const hosts = new Set(urls.flatMap((url) => hostOfUrl(url) ?? []));
    const carriers = nodes.filter(({ name, address }) => !taken.has(name) && hosts.has(normalHost(address) ?? ''));
    const [carrier] = carriers;
    if (carriers.length !== 1 || carrier === undefined) continue;
    found.set(id, carrier.name);
    taken.add(carrier.name);
  }
  return found;
}

/** Host of a URL in its shortest form; null where the URL cannot be read. */
function hostOfUrl(url: string): string | null {
  const host = URL.parse(url)?.hostname.toLowerCase().replace(/\.$/, '') ?? '';
  return host === '' ? null : host;
}

/** An address as a URL has it: IPv6 in brackets and in its shortest form. */
function normalHost(address: string): string | null {
  return hostOfUrl(`https://${address.includes(':') ? `[${address.replace(/^\[|\]$/g, '')}]` : address}`);
}
