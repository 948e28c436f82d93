import type { NodeSpec, UpgradeSpec } from '../../workflows/domain/spec.ts';
import type { Node } from '../kubernetes/objects.ts';
import type { HostAddress } from './port.ts';

/** Address of a node's host: as the spec says, else its InternalIP, else its Hostname, else its name. */
export function addressOf(node: Node, specs: readonly NodeSpec[]): string {
  const given = specs.find((spec) => spec.name === node.metadata.name)?.address;
  if (given !== undefined && given !== null) return given;
  const addresses = node.status.addresses ?? [];
  const found = addresses.find((address) => address.type === 'InternalIP') ?? addresses.find((address) => address.type === 'Hostname');
  return found?.address ?? node.metadata.name;
}

/** How a node's host is reached where there is no plan to say it. */
export function hostAddressOf(spec: UpgradeSpec, node: Node): HostAddress {
  const { name } = node.metadata;
  const port = spec.nodes.find((other) => other.name === name)?.port ?? spec.access.ssh.port;
  return { name, address: addressOf(node, spec.nodes), port };
}
