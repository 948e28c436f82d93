import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import type { Node } from '../kubernetes/objects.ts';
import type { HostAddress } from './port.ts';

/** How a node's host is reached: as the spec says, else by its InternalIP, else by its name. */
export function hostAddressOf(spec: UpgradeSpec, node: Node): HostAddress {
  const { name } = node.metadata;
  const own = spec.nodes.find((other) => other.name === name);
  const internal = node.status.addresses?.find((address) => address.type === 'InternalIP')?.address;
  return { name, address: own?.address ?? internal ?? name, port: own?.port ?? spec.access.ssh.port };
}
