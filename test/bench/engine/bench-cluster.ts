import { hashPlan } from '../../../workflows/domain/hash-plan.ts';
import type { Observation } from '../../../workflows/domain/observation.ts';
import type { UpgradePlan } from '../../../workflows/domain/plan.ts';
import { planUpgrade } from '../../../workflows/domain/plan-upgrade.ts';
import type { UpgradeSpec } from '../../../workflows/domain/spec.ts';
import { cluster, controlPlane, pool, spec, worker } from '../../domain/cluster.ts';

const ZONES = 3;

/** A cluster that exists as an observation only. Its name says its size, so that a worker process can make it again. */
export interface BenchCluster {
  readonly spec: UpgradeSpec;
  readonly observation: Observation;
  readonly plan: UpgradePlan;
}

/** Three control-plane nodes and `workers` workers in three zones, one pool, `width` nodes of it at a time. */
export function benchCluster(group: string, workers: number, width: number): BenchCluster {
  return clusterOf(specOf(group, workers, width));
}

/** The cluster that a spec of `benchCluster` was made for. */
export function clusterOf(wanted: UpgradeSpec): BenchCluster {
  const workers = Number(/-(?<workers>\d+)$/.exec(wanted.name)?.groups?.['workers']);
  const observation = observationOf(workers);
  const planned = planUpgrade(wanted, observation);
  if (!planned.ok) throw new Error(`the cluster of the benchmark cannot be planned: ${planned.failures.map((failure) => failure.message).join('; ')}`);
  return { spec: wanted, observation, plan: hashPlan(planned.plan) };
}

function specOf(group: string, workers: number, width: number): UpgradeSpec {
  return spec({ name: `${group}-${workers}`, pools: [pool('default', Math.max(1, Math.min(width, workers - 1)))] });
}

function observationOf(workers: number): Observation {
  const members = [1, 2, 3].map((index) => controlPlane(`control-plane-${index}`, placed(index)));
  const nodes = Array.from({ length: workers }, (_, at) => worker(workerName(at), placed(at + 4)));
  return cluster([...members, ...nodes]);
}

/** Names as long as those of real machines. */
export function workerName(at: number): string {
  return `worker-${String(at + 1).padStart(4, '0')}`;
}

function placed(index: number) {
  return {
    uid: `6f1c2d3e-0000-4000-8000-${String(index).padStart(12, '0')}`,
    address: `10.0.${Math.floor(index / 250)}.${1 + (index % 250)}`,
    labels: { 'topology.kubernetes.io/zone': `zone-${1 + (index % ZONES)}` },
  };
}
