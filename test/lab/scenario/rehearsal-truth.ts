/** What an upgrade was really like, beside what its rehearsal had said. */
import { setTimeout as delay } from 'node:timers/promises';
import type { StatusView } from '../../../client/render/status.ts';
import type { RehearsalReport } from '../../../simulator/rehearse/main.ts';
import type { UpgradeReport } from '../../../workflows/domain/status.ts';
import type { LabState } from '../lab.ts';
import { nodesOf } from './evidence.ts';
import type { Follower } from './follow.ts';
import { capstan } from './programs.ts';
import type { Stage } from './programs.ts';

const LOOK_MS = 1_000;
/** A wait shorter than this may fall between two looks. */
const SURELY_SEEN_SECONDS = 4;

/** Seen from outside while the upgrade ran. */
export interface Truth {
  /** `node budget` of drains that waited. */
  readonly blocked: Set<string>;
  /** Greatest number of nodes cordoned or not Ready at once, by `control-plane` or `default`. */
  readonly down: Map<string, number>;
}

/** Looks once a second until stopped: nodes by the API, and while a node is drained, what its drain waits for. */
export class TruthWatch {
  readonly truth: Truth = { blocked: new Set(), down: new Map() };
  #stopped = false;
  readonly #lab: LabState;
  readonly #stage: Stage;
  readonly #follower: Follower;
  #loops: Promise<unknown> = Promise.resolve();

  constructor(lab: LabState, stage: Stage, follower: Follower) {
    this.#lab = lab;
    this.#stage = stage;
    this.#follower = follower;
  }

  start(): void {
    this.#loops = Promise.all([this.#repeat(() => this.#lookAtNodes()), this.#repeat(() => this.#lookAtDrains())]);
  }

  async stop(): Promise<Truth> {
    this.#stopped = true;
    await this.#loops;
    return this.truth;
  }

  async #repeat(look: () => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      // The API is away for moments while its servers are upgraded.
      await look().catch(() => undefined);
      await delay(LOOK_MS);
    }
  }

  async #lookAtNodes(): Promise<void> {
    const away = (await nodesOf(this.#lab)).filter((node) => node.unschedulable || !node.ready);
    for (const pool of ['control-plane', 'default']) {
      const count = away.filter(({ name }) => (pool === 'control-plane') === name.startsWith('cp')).length;
      this.truth.down.set(pool, Math.max(count, this.truth.down.get(pool) ?? 0));
    }
  }

  async #lookAtDrains(): Promise<void> {
    const status = await this.#follower.status();
    if (status === null || !status.nodes.some(({ state }) => state === 'draining')) return;
    const { stdout } = await capstan(this.#stage, ['status', '--cluster', status.cluster, '-o', 'json']);
    const view: StatusView = JSON.parse(stdout);
    for (const { node, blockers } of view.activities) {
      for (const { budget } of blockers) if (node !== null && budget !== null) this.truth.blocked.add(`${node} ${budget}`);
    }
  }
}

export interface Comparison {
  /** What does not agree, in words; empty where all does. */
  readonly differences: readonly string[];
  /** Real time ÷ rehearsed p50. */
  readonly timeRatio: number;
}

/** Order, blocked drains and greatest numbers of nodes down must agree; time is a ratio. */
export function compareWithTruth(rehearsed: RehearsalReport, report: UpgradeReport, truth: Truth): Comparison {
  const differences: string[] = [];
  const expected = rehearsed.nodes.map(({ name }) => name);
  const order = nodeOrder(report);
  if (order.join() !== expected.join()) differences.push(`order: rehearsed ${expected.join(' ')}, was ${order.join(' ')}`);

  const possible = new Set([...rehearsed.held, ...rehearsed.drains].map(({ node, budget }) => `${node} ${budget ?? ''}`));
  const certain = [...rehearsed.held, ...rehearsed.drains].filter(({ runs, p50Seconds }) => runs === rehearsed.runs && p50Seconds >= SURELY_SEEN_SECONDS);
  for (const { node, budget } of certain) if (!truth.blocked.has(`${node} ${budget ?? ''}`)) differences.push(`the drain of ${node} was to wait for ${budget ?? 'something'}, and did not`);
  for (const drain of truth.blocked) if (!possible.has(drain)) differences.push(`the drain of ${drain.replace(' ', ' waited for ')}, which was not rehearsed`);

  for (const { pool, zone, most } of rehearsed.unavailable.nodes) {
    const was = truth.down.get(pool) ?? 0;
    if (zone === null && was !== most) differences.push(`nodes of ${pool} down at once: rehearsed ${most}, were ${was}`);
  }
  return { differences, timeRatio: report.wallSeconds / rehearsed.finish.p50Seconds };
}

/** In the order of each node's first step after staging. */
function nodeOrder({ nodes }: UpgradeReport): readonly string[] {
  const begun = nodes.map(({ name, steps }) => ({ name, at: steps.find(({ step }) => step !== 'stageNode')?.startedAt ?? '' }));
  return begun.toSorted((left, right) => (left.at < right.at ? -1 : 1)).map(({ name }) => name);
}
