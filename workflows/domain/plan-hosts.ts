import type { Failure } from './failure.ts';
import type { NodeObservation } from './observation.ts';
import { listed } from './order.ts';
import type { NodeSpec, UpgradeSpec } from './spec.ts';

/** Where SSH finds a node. */
export interface PlannedHost {
  readonly address: string;
  readonly port: number;
}

export interface HostsResult {
  /** By node name. */
  readonly hosts: ReadonlyMap<string, PlannedHost>;
  readonly failures: readonly Failure[];
}

/**
 * Address and port of every node: the spec's where it names them, else what the API lists and the port of `access.ssh`.
 *
 * @param all All nodes of the cluster, those too that are left out.
 */
export function planHosts(spec: UpgradeSpec, nodes: readonly NodeObservation[], all: readonly NodeObservation[]): HostsResult {
  const hosts = new Map(nodes.map((node) => {
    const written = spec.nodes.find(({ name }) => name === node.name);
    return [node.name, { address: written?.address ?? node.address, port: written?.port ?? spec.access.ssh.port }] as const;
  }));
  return { hosts, failures: [...unknownNodes(spec.nodes, all.map(({ name }) => name)), ...sharedAddresses(spec.nodes, hosts)] };
}

function unknownNodes(written: readonly NodeSpec[], names: readonly string[]): Failure[] {
  return [...written.entries()].filter(([, { name }]) => !names.includes(name)).map(([index, { name }]) => {
    const path = `spec.nodes[${index}].name`;
    return {
      type: 'SpecInvalid', path,
      message: `${path}: the cluster has no node ${name}; its nodes are ${listed(names)}`,
      next: 'Write the name as kubectl get nodes prints it, or take the entry out.',
    };
  });
}

/** Two nodes behind one address and port would send both their steps to one host. */
function sharedAddresses(written: readonly NodeSpec[], hosts: ReadonlyMap<string, PlannedHost>): Failure[] {
  const owners = new Map<string, string>();
  const failures: Failure[] = [];
  for (const [name, { address, port }] of hosts) {
    const key = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    const owner = owners.get(key.toLowerCase());
    if (owner === undefined) owners.set(key.toLowerCase(), name);
    else failures.push(sharedAddress(written, [owner, name], key));
  }
  return failures;
}

function sharedAddress(written: readonly NodeSpec[], names: readonly [string, string], key: string): Failure {
  const index = written.findLastIndex(({ name }) => names.includes(name));
  const path = index === -1 ? 'spec.nodes' : `spec.nodes[${index}].address`;
  return {
    type: 'SpecInvalid', path,
    message: `${path}: the nodes ${names[0]} and ${names[1]} have one address, ${key}`,
    next: 'Give each node its own address or port under spec.nodes.',
  };
}
