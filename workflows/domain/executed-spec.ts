import type { StrategySpec, UpgradeSpec } from './spec.ts';
import { sortedWaivers } from './waiver.ts';
import type { Waiver } from './waiver.ts';

/**
 * What of a spec decides what is executed: all of it but what is in the plan by other names (cluster, driver, target, addresses of
 * nodes) and `access`, which says how cluster and hosts are reached and not what is done there; another cluster has another UID, and
 * other nodes have other UIDs. A key that the spec gains is in it by itself, and so in the hash.
 */
export interface ExecutedSpec extends Omit<UpgradeSpec, 'name' | 'driver' | 'target' | 'access' | 'nodes' | 'strategy' | 'ignore'> {
  readonly strategy: StrategySpec;
  /** Checks that are waived, each once and in order. */
  readonly ignore: readonly Waiver[];
}

export function executedSpec(spec: UpgradeSpec): ExecutedSpec {
  const { name: _name, driver: _driver, target: _target, access: _access, nodes: _nodes, ...executed } = spec;
  return { ...executed, strategy: spec.strategy ?? { onFailure: 'hold' }, ignore: sortedWaivers(spec.ignore ?? []) };
}
