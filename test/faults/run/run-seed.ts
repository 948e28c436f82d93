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
import { FAST_TIMINGS } from '../../support/twin.ts';
import { watchTwin } from '../invariants/watch-twin.ts';
import type { TwinWatch, Violation } from '../invariants/watch-twin.ts';
import { keepTimes } from '../measure/keep-times.ts';
import type { TimeKeeper, Times } from '../measure/keep-times.ts';
import { cutCommands } from '../place/cut-commands.ts';
import { placePoint } from '../place/place-point.ts';
import type { Scene } from '../place/scene.ts';
import { untilAtRest } from './at-rest.ts';
import type { Deal } from './deal.ts';
import { operate, unlessAway } from './operator.ts';
import type { Outcome } from './operator.ts';
import { openPatience } from './patience.ts';
import { specFor } from './spec-for.ts';
import { looseningOf, NOBODY, openScript } from './speak.ts';

export interface SeedResult {
  readonly seed: number;
  /** Names of the points that happened. */
  readonly hits: readonly string[];
  readonly violations: readonly Violation[];
  /** What its person said and decided. */
  readonly outcome: Pick<Outcome, 'said' | 'decisions'>;
  readonly seconds: number;
  readonly times: Times;
  /** Remote commands that were cut on purpose, where the deal says so. */
  readonly cuts: number;
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
/** A host is down for two seconds, and its kubelet needs less than one to say Ready. */
const REST_MS = 20_000;

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
    const times = keepTimes(twin);
    let cuts = 0;
    const outcome = await upgrade(deal, stand, { twin, watch, times, onHit: (point) => hits.push(point), hits, onCut: () => { cuts += 1; } });
    const { report } = outcome;
    await untilAtRest(twin, REST_MS);
    watch.ended(report?.state ?? 'not at all', report?.failure?.message ?? outcome.reason, new Map(report?.nodes.map(({ name, state }) => [name, state])));
    watch.stop();
    return { seed: deal.seed, hits, violations: watch.violations, outcome, times: times.times(), cuts, seconds: (performance.now() - fromMs) / 1000 };
  } finally {
    await twin.stop();
  }
}

interface Round {
  readonly twin: Twin;
  readonly watch: TwinWatch;
  readonly times: TimeKeeper;
  /** Names of the points that happened so far. */
  readonly hits: readonly string[];
  readonly onHit: (point: string) => void;
  readonly onCut: () => void;
}

async function upgrade(deal: Deal, stand: Stand, { twin, watch, times, hits, onHit, onCut }: Round): Promise<Outcome> {
  const { client, controls } = stand;
  const spec = await specFor(deal, twin);
  // Before any point is placed: the upgrade itself reads the same things.
  const plan = await planOf(client, spec);
  const mends = new Map<string, (() => void)[]>();
  const scene: Scene = {
    cluster: spec.name, twin, engine: controls, times, speed: SPEED, random: randomOf(deal.seed, 'faults'),
    untilDecided: (node, mend) => { mends.set(node, [...mends.get(node) ?? [], mend]); },
  };
  const { isAwaited, mayBeSaid } = openPatience(deal, twin, hits);
  const script = openScript(deal.words, twin, SPEED, mayBeSaid);
  const mend = (node: string): void => {
    for (const end of mends.get(node) ?? []) end();
    mends.delete(node);
  };
  const undo = [
    ...[...deal.own, ...deal.others].map((placed) => placePoint(placed, scene, () => { onHit(placed.point.name); })),
    ...(deal.cutsCommands ? [cutCommands(scene, randomOf(deal.seed, 'cuts'), onCut)] : []),
  ];
  try {
    await client.start({ spec, plan, by: NOBODY });
    return await operate({
      client, cluster: spec.name, random: randomOf(deal.seed, 'decisions'), limitMs: LIMIT_MS, quietMs: times.quietMs, script,
      mayGiveUp: (node) => deal.workers.includes(node) && node !== deal.lastUpgraded && !isAwaited(node),
      onDecision: (node, decision, reason) => {
        // A drain that is forced goes on against what is in its way.
        if (decision !== 'force-drain') mend(node);
        times.personSpoke();
        watch.decided(node, decision, reason);
      },
      onWord: (word) => {
        times.personSpoke();
        // Who takes the whole cluster back has seen what is wrong with its nodes.
        if (word.word === 'rollback --scope cluster') for (const node of mends.keys()) mend(node);
        const loosening = looseningOf(word);
        if (loosening !== null) watch.said(loosening);
      },
    });
  } finally {
    script.stop();
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
