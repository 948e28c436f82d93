import { generateCluster } from '../../../simulator/generate.ts';
import { atMost, figure } from '../bench.ts';
import type { BenchSetting, Figure } from '../bench.ts';
import { startTwinEngine, upgradeTwin } from '../twin/twin-engine.ts';
import { workerTimings } from '../twin/worker-timings.ts';

const REQUESTS_PER_NODE = 25;
const CONNECTIONS = 8;
const EVICTION = 'POST pods/eviction';

/**
 * What an upgrade asks of the API server, as the twin counts it: the real worker over real HTTPS, at the speed of a real
 * cluster, because what is polled is polled by the clock. Two clusters one after the other on one worker show what stays open.
 */
export async function benchApiCost({ seed, size, say }: BenchSetting): Promise<readonly Figure[]> {
  const nodes = size('nodes', 20);
  const width = size('width', 5);
  const engine = await startTwinEngine(say);
  try {
    const files: number[] = [];
    const costs: Cost[] = [];
    for (const name of ['first', 'second']) {
      const description = generateCluster({ name: `api-cost-${name}`, seed, workers: nodes, podsPerNode: size('pods', 30), timings: workerTimings() });
      costs.push(await upgradeTwin(engine, { description, options: { seed, speed: 1, maxUnavailable: width } }, ({ twin }) => costOf(twin.api, description.nodes.length)));
      files.push(engine.openFiles());
      say(`${name}: ${costs.at(-1)?.perNode.toFixed(1) ?? ''} requests a node, ${costs.at(-1)?.connections ?? 0} TLS connections: ${JSON.stringify(Object.fromEntries(costs.at(-1)?.kinds ?? []))}, ${files.at(-1) ?? 0} files open`);
    }
    const most = (of: (cost: Cost) => number): number => Math.max(...costs.map(of));
    return [
      atMost('requests a node beyond evictions', most((cost) => cost.perNode), 'count', REQUESTS_PER_NODE),
      figure('lists and watches among them', most((cost) => cost.follows), 'count'),
      figure('evictions a node', most((cost) => cost.evictions), 'count'),
      atMost('TLS connections of a cluster', most((cost) => cost.connections), 'count', CONNECTIONS),
      // The second cluster finds all that the first one left open.
      atMost('growth of open files from one cluster to the next', (files[1] ?? 0) - (files[0] ?? 0), 'count', 0),
    ];
  } finally {
    await engine.stop();
  }
}

interface Cost {
  readonly perNode: number;
  readonly follows: number;
  readonly evictions: number;
  readonly connections: number;
  readonly kinds: readonly (readonly [string, number])[];
}

function costOf({ requests, connections }: { readonly requests: ReadonlyMap<string, number>; readonly connections: { readonly opened: number } }, nodes: number): Cost {
  const kinds = [...requests].toSorted(([, left], [, right]) => right - left);
  const sum = (fits: (kind: string) => boolean): number => kinds.filter(([kind]) => fits(kind)).reduce((total, [, count]) => total + count, 0);
  return {
    perNode: sum((kind) => kind !== EVICTION) / nodes,
    follows: sum((kind) => kind.startsWith('WATCH ') || /^GET (nodes|pods|leases|poddisruptionbudgets)$/.test(kind)) / nodes,
    evictions: sum((kind) => kind === EVICTION) / nodes,
    connections: connections.opened,
    kinds,
  };
}
