/** Loopback addresses that the hosts of a twin share out: every one of 127.0.0.0/8 answers on Linux, with nothing to set up. */
const FIRST_OCTETS = '127.77';
const MOST_NODES = 65_000;

/**
 * Address of the node at this index of the description: what the API lists as its InternalIP and where its SSH server listens.
 *
 * @throws RangeError beyond 65,000 nodes.
 */
export function nodeAddress(index: number): string {
  if (index < 0 || index >= MOST_NODES) throw new RangeError(`a twin has addresses for ${String(MOST_NODES)} nodes, not for node ${String(index + 1)}`);
  // No address ends in 0 or 255: some tools take them for networks.
  return `${FIRST_OCTETS}.${String(Math.floor(index / 254))}.${String((index % 254) + 1)}`;
}
