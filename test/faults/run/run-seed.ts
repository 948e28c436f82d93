import { join } from 'node:path';
import type { UpgradeClient } from '../../../client/temporal/port.ts';
import type { ClusterDescription } from '../../../simulator/description.ts';
import { generateCluster } from '../../../simulator/generate.ts';
import { randomOf } from '../../../simulator/random.ts';
import { startTwin } from '../../../simulator/twin.ts';
import type { Twin } from '../../../simulator/twin.ts';
import type { UpgradePlan } from '../../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../../workflows/domain/spec.ts';
import type { Stand } from '../engine/stand.ts';
import { FAST_TIMINGS, specOfTwin } from '../../support/twin.ts';
import { watchTwin } from '../invariants/watch-twin.ts';
import type { TwinWatch, Violation } from '../invariants/watch-twin.ts';
import { placePoint } from '../place/place-point.ts';
import type { Scene } from '../place/scene.ts';
import type { Deal } from './deal.ts';
import { operate, unlessAway } from './operator.ts';
import type { Outcome } from './operator.ts';

export interface SeedResult {
  readonly seed: number;
  /** Names of the points that happened. */
  readonly hits: readonly string[];
  readonly violations: readonly Violation[];
  readonly decisions: number;
  readonly seconds: number;
}

export interface SeedOptions {
  readonly folder: string;
  /** Prepares the twin before the engine sees it. */
  readonly prepare?: (twin: Twin) => void;
}

/** What a twin's hosts do takes milliseconds then, and a fault hits its middle all the same. */
const SPEED = 60;
const PODS_PER_NODE = 3;
const LIMIT_MS = 6 * 60_000;

/** Upgrades one twin while its points happen, and says which invariants were broken. */
export async function runSeed(deal: Deal, stand: Stand, options: SeedOptions): Promise<SeedResult> {
  const fromMs = performance.now();
  const description = describe(deal);
  // Recognised scripts: a shell would take most of this machine, and an intent can be killed in the middle of its operation just the same.
  const twin = await startTwin(description, {
    seed: deal.seed, speed: SPEED, maxUnavailable: deal.maxUnavailable, drainTimeout: '15s', way: 'recognised', folder: join(options.folder, description.name),
  });
  const hits: string[] = [];
  try {
    options.prepare?.(twin);
    const watch = watchTwin(twin, { maxUnavailable: deal.maxUnavailable, controlPlanes: deal.controlPlanes, cordonedBefore: deal.cordoned === null ? [] : [deal.cordoned] });
    const outcome = await upgrade(deal, stand, twin, watch, hits);
    const skipped = (outcome.report?.nodes ?? []).filter(({ state }) => state === 'skipped').map(({ name }) => name);
    watch.ended(outcome.report?.state ?? 'not at all', outcome.report?.failure?.message ?? outcome.reason, skipped);
    watch.stop();
    return { seed: deal.seed, hits, violations: watch.violations, decisions: outcome.decisions, seconds: (performance.now() - fromMs) / 1000 };
  } finally {
    await twin.stop();
  }
}

async function upgrade(deal: Deal, stand: Stand, twin: Twin, watch: TwinWatch, hits: string[]): Promise<Outcome> {
  const { client, controls } = stand;
  const mends = new Map<string, (() => void)[]>();
  const scene: Scene = {
    twin, engine: controls, speed: SPEED, random: randomOf(deal.seed, 'faults'),
    untilDecided: (node, mend) => { mends.set(node, [...mends.get(node) ?? [], mend]); },
  };
  const undo = deal.points.map((placed) => placePoint(placed, scene, () => hits.push(placed.point.name)));
  try {
    const spec = await specOfTwin(twin);
    await client.start({ spec, plan: await planOf(client, spec), by: 'operator@faults' });
    const [own] = deal.points;
    return await operate({
      client, cluster: spec.name, random: randomOf(deal.seed, 'decisions'), limitMs: LIMIT_MS,
      // A node that is given up would keep the seed's own point from happening.
      maySkip: (node) => deal.workers.includes(node) && (own.node !== node || hits.includes(own.point.name)),
      onDecision: (node, decision, reason) => {
        for (const mend of mends.get(node) ?? []) mend();
        mends.delete(node);
        watch.decided(node, decision, reason);
      },
    });
  } finally {
    for (const end of undo) end();
  }
}

/** Asks as often as it takes: when dozens of workers and twins start together, the first answers take longer than a person would wait. */
async function planOf(client: UpgradeClient, spec: UpgradeSpec): Promise<UpgradePlan> {
  const deadlineMs = performance.now() + LIMIT_MS;
  while (performance.now() < deadlineMs) {
    const answer = await unlessAway(() => client.inspect({ spec, what: 'plan' }));
    if (answer === null) continue;
    if (answer.plan !== null) return answer.plan;
    throw new Error(`${spec.name} cannot be planned: ${answer.findings.map(({ message }) => message).join('; ')}`);
  }
  throw new Error(`nobody planned ${spec.name} within ${LIMIT_MS / 1000} s`);
}

function describe({ seed, workers, cordoned }: Deal): ClusterDescription {
  const description = generateCluster({ name: `seed-${seed}`, seed, workers: workers.length, podsPerNode: PODS_PER_NODE, timings: FAST_TIMINGS });
  return { ...description, nodes: description.nodes.map((node) => (node.name === cordoned ? { ...node, unschedulable: true } : node)) };
}
