import type { ClusterDump } from '../../workflows/domain/cluster-dump.ts';
import type { Observation } from '../../workflows/domain/observation.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import type { OpenKube } from '../kubernetes/port.ts';
import { whileBeating } from '../activity-context.ts';
import { selectorKeys } from '../observe/observe-cluster.ts';
import type { ObserveInput } from '../observe/observe-cluster.ts';
import { failureTypeOf } from '../step-error.ts';
import { readDump } from './read-dump.ts';

export interface DescribeClusterOptions {
  readonly openKube: OpenKube;
  readonly observeCluster: (input: ObserveInput) => Promise<Observation>;
}

/**
 * Reads what a rehearsal needs of a cluster, and changes nothing. Failures: those of reading; a list of workloads or volumes that
 * these credentials may not read is a gap of the dump, not a failure.
 */
export function createDescribeCluster(options: DescribeClusterOptions): (input: { readonly spec: UpgradeSpec }) => Promise<ClusterDump> {
  return async function describeCluster({ spec }) {
    const poolKeys = selectorKeys(spec);
    return whileBeating(() => 'reading nodes, pods, budgets and workloads', async () => {
      const observation = await options.observeCluster({ access: spec.access, nodes: spec.nodes, labelKeys: poolKeys });
      const kube = await options.openKube(spec.access);
      return readDump({ fold: kube.fold, gap }, { observation, poolKeys });
    });
  };
}

function gap(error: unknown): string {
  if (failureTypeOf(error) !== 'ApiForbidden' || !(error instanceof Error)) throw error;
  return error.message;
}
