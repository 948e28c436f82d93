import { generateCluster } from '../../../simulator/generate.ts';
import { runUpgrade } from '../../../simulator/rehearse/run/run-upgrade.ts';
import type { RunRecord } from '../../../simulator/rehearse/run/record.ts';
import { atMost, figure, mean } from '../bench.ts';
import type { BenchSetting, Figure } from '../bench.ts';
import { planTwin } from './planned-twin.ts';

const EVICTIONS_PER_POD = 1.1;

/**
 * How often a pod is moved during one upgrade: 100 nodes with 30 pods each on the twin's model, in virtual time, drained by
 * the engine's own rules, with the taint on nodes still to be upgraded and without.
 */
export async function benchChurn({ seed, size, say }: BenchSetting): Promise<readonly Figure[]> {
  const nodes = size('nodes', 100);
  const pods = size('pods', 30);
  const width = size('width', 10);
  const seeds = Array.from({ length: size('rounds', 3) }, (_, at) => seed + at);
  const tainted: RunRecord[] = [];
  const naive: RunRecord[] = [];
  for (const each of seeds) {
    for (const [pendingTaint, records] of [[true, tainted], [false, naive]] as const) {
      const startMs = performance.now();
      const record = await upgrade({ nodes, pods, width, seed: each, pendingTaint });
      records.push(record);
      say(`seed ${each}, ${pendingTaint ? 'with' : 'without'} the taint: ${record.evictions.evictions} evictions of ${record.evictions.pods} pods, ${((performance.now() - startMs) / 1000).toFixed(1)} s of computing for ${(record.finishMs / 60_000).toFixed(0)} min`);
    }
  }
  return [
    atMost('evictions per pod', mean(tainted.map(perPod)), 'ratio', EVICTIONS_PER_POD),
    figure('evictions per pod, most of all seeds', Math.max(...tainted.map(perPod)), 'ratio'),
    figure('evictions per pod without the taint', mean(naive.map(perPod)), 'ratio'),
    figure('moves of the most moved pod', Math.max(...tainted.map(most)), 'count'),
    figure('moves of the most moved pod without the taint', Math.max(...naive.map(most)), 'count'),
    figure('pods to move', mean(tainted.map(({ evictions }) => evictions.pods)), 'count'),
    figure('nodes held', [...tainted, ...naive].flatMap(({ nodes: records }) => [...records.values()]).filter(({ state }) => state === 'held').length, 'count'),
  ];
}

interface Upgrade {
  readonly nodes: number;
  readonly pods: number;
  readonly width: number;
  readonly seed: number;
  readonly pendingTaint: boolean;
}

function upgrade({ nodes, pods, width, seed, pendingTaint }: Upgrade): Promise<RunRecord> {
  const description = generateCluster({ name: 'churn', seed, workers: nodes, podsPerNode: pods });
  return runUpgrade({ description, ...planTwin(description, width), etcdLeader: null, seed, pendingTaint });
}

function perPod({ evictions }: RunRecord): number {
  return evictions.evictions / Math.max(1, evictions.pods);
}

function most({ evictions }: RunRecord): number {
  return evictions.worst?.times ?? 0;
}
