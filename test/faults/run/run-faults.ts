import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Need } from '../catalogue/effects.ts';
import { openStand, standFolder, startServer } from '../engine/stand.ts';
import type { Server, Stand } from '../engine/stand.ts';
import { CUTS_A_STEP } from '../place/cut-commands.ts';
import { deal, dealCuts } from './deal.ts';
import type { Deal } from './deal.ts';
import { cutsOf, dealsAll, failureText, missedPoints, passedText } from './report.ts';
import type { BrokenSeed } from './report.ts';
import type { FaultRequest } from './request.ts';
import { runSeed } from './run-seed.ts';
import type { SeedResult } from './run-seed.ts';

/** How long a seed takes that needs this, in those that need nothing: it waits until a lost worker is missed. */
const TAKES: Readonly<Record<Need, number>> = { nothing: 1, worker: 2, server: 2 };
/** A server for each lane takes memory, and starts for a second. */
const MOST_SERVERS = 4;
/** Points that have not come about are tried once more, each in an upgrade of its own, as long as there are no more of them. */
const MOST_AGAIN = 16;
const ROUNDS_AGAIN = 2;

/** Host steps of an upgrade: stage, kubeadm, its upgrade and kubelet of each node; snapshot, and three records. */
const STEPS_A_NODE = 4;
const STEPS_BESIDES = 4;

/** How many of so many seeds at once need what, so that all kinds end at about the same time. */
function lanesFor(atOnce: number, deals: readonly Deal[]): Readonly<Record<Need, number>> {
  const work = (need: Need): number => deals.filter(({ needs }) => needs === need).length * TAKES[need];
  const all = work('nothing') + work('worker') + work('server');
  const share = (need: Need): number => Math.max(1, Math.round((atOnce * work(need)) / Math.max(1, all)));
  return { nothing: share('nothing'), worker: share('worker'), server: Math.min(MOST_SERVERS, share('server')) };
}

/** Runs every seed of a request and calls back with each result as it comes. */
export async function runFaults(request: FaultRequest, say: (line: string) => void): Promise<readonly (SeedResult | BrokenSeed)[]> {
  const root = await mkdtemp(join(tmpdir(), 'capstan-faults-'));
  const opened = openLater(root);
  const results: (SeedResult | BrokenSeed)[] = [];
  const { nodes, point, each, seeds, firstSeed } = request;
  async function runAll(deals: readonly Deal[], replayedBy: (deal: Deal) => FaultRequest): Promise<void> {
    const one = async (next: Deal, open: () => Promise<Stand>): Promise<void> => {
      const result = await runOne(next, open, join(root, 'twins'));
      results.push(result);
      say(failureText(result, replayedBy(next)) ?? passedText(next, result));
    };
    const lanes = lanesInto(lanesFor(request.atOnce, deals), deals);
    await Promise.all([
      ...lanes('nothing', (queue) => drainQueue(queue, opened.shared, one)),
      ...lanes('worker', (queue, lane) => drainQueue(queue, () => opened.own(`own-${lane}`), one)),
      ...lanes('server', (queue, lane) => drainQueue(queue, () => opened.withServer(`restarted-${lane}`), one)),
    ]);
  }
  async function runCuts(wanted: number): Promise<void> {
    const stepsCut = (): number => cutsOf(results);
    for (let next = firstSeed; stepsCut() < wanted && results.every((result) => !('error' in result));) {
      const upgrades = Math.ceil((wanted - stepsCut()) / (CUTS_A_STEP * (STEPS_BESIDES + STEPS_A_NODE * nodes)));
      await runAll(Array.from({ length: upgrades }, () => dealCuts(next++, nodes)), () => request);
    }
  }
  try {
    if (request.cuts !== null) {
      await runCuts(request.cuts);
      return results;
    }
    await runAll(Array.from({ length: seeds }, (_, index) => deal(firstSeed + index, { nodes, each, ...(point === null ? {} : { point }) })), () => request);
    let next = firstSeed + seeds;
    for (let round = 0; round < ROUNDS_AGAIN && dealsAll(request); round += 1) {
      const missed = missedPoints(results, request);
      if (missed.length > MOST_AGAIN) break;
      const again = missed.map((missedPoint) => deal(next++, { nodes, point: missedPoint }));
      await runAll(again, ({ own }) => ({ ...request, point: own[0]?.point ?? null }));
    }
    return results;
  } finally {
    await opened.close();
    await rm(root, { recursive: true, force: true });
  }
}

function lanesInto(counts: Readonly<Record<Need, number>>, deals: readonly Deal[]) {
  return (need: Need, work: (queue: Deal[], lane: number) => Promise<void>): readonly Promise<void>[] => {
    const queue = deals.filter(({ needs }) => needs === need);
    return Array.from({ length: Math.min(counts[need], queue.length) }, (_, lane) => work(queue, lane));
  };
}

async function drainQueue(queue: Deal[], open: () => Promise<Stand>, one: (next: Deal, open: () => Promise<Stand>) => Promise<void>): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) await one(next, open);
}

async function runOne(next: Deal, open: () => Promise<Stand>, folder: string): Promise<SeedResult | BrokenSeed> {
  try {
    const stand = await open();
    try {
      return await runSeed(next, stand, { folder });
    } finally {
      await stand.settle();
    }
  } catch (error) {
    return { seed: next.seed, error: error instanceof Error ? error.stack ?? error.message : String(error) };
  }
}

/** Servers and workers, each started when the first seed needs it. */
function openLater(root: string) {
  const stands = new Map<string, Promise<Stand>>();
  const servers: Promise<Server>[] = [];
  let shared: Promise<Server> | null = null;
  const server = (name: string, keepsState: boolean): Promise<Server> => {
    const started = startServer(join(root, name), keepsState);
    servers.push(started);
    return started;
  };
  const once = (name: string, open: () => Promise<Stand>): Promise<Stand> => {
    const known = stands.get(name) ?? open();
    stands.set(name, known);
    return known;
  };
  const onShared = (name: string): Promise<Stand> => once(name, async () => {
    shared ??= server('server', false);
    return openStand(await shared, name, await standFolder(root, name));
  });
  return {
    shared: () => onShared('shared'),
    own: onShared,
    withServer: (name: string) => once(name, async () => openStand(await server(`server-${name}`, true), name, await standFolder(root, name))),
    close: async () => {
      for (const stand of stands.values()) await stand.then((opened) => opened.close(), () => undefined);
      for (const started of servers) await started.then((opened) => opened.stop(), () => undefined);
    },
  };
}
