import { createHash } from 'node:crypto';

/** Ids of a node's machine, the same in its host and in its Node object: 32 hex digits, and a UUID of the firmware. */
export function machineIdsOf(cluster: string, node: string): { readonly machineId: string; readonly systemUuid: string } {
  const hex = createHash('sha256').update(`${cluster}\0${node}`).digest('hex');
  const uuid = hex.slice(32);
  return {
    machineId: hex.slice(0, 32),
    systemUuid: [uuid.slice(0, 8), uuid.slice(8, 12), uuid.slice(12, 16), uuid.slice(16, 20), uuid.slice(20)].join('-'),
  };
}
