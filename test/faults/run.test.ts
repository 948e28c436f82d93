import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EFFECTS } from './catalogue/effects.ts';
import { pointOf, POINTS } from './catalogue/points.ts';
import { NO_TIMES } from './measure/times-text.ts';
import { deal } from './run/deal.ts';
import { failureText, totalsOf } from './run/report.ts';
import { readRequest } from './run/request.ts';
import type { FaultRequest } from './run/request.ts';
import type { SeedResult } from './run/run-seed.ts';
import { fits, MOST_OWN, ownPoints, turnsOf } from './run/turns.ts';

const REQUEST: FaultRequest = { seeds: 1, firstSeed: 1, nodes: 6, point: null, atOnce: 28, each: 1, cuts: null };
const SEEDS_FOR_ALL = POINTS.length;
const PASSED: SeedResult = { seed: 7, hits: ['drainNode.during.api-gone'], violations: [], outcome: { said: [], decisions: [] }, seconds: 20, times: NO_TIMES, cuts: 0 };
const VIOLATED: SeedResult = { ...PASSED, violations: [{ invariant: 'window', message: 'w1, w2 are cordoned, and at most 1 may be' }] };

describe('the deal of a seed', () => {
  test('is the same every time', () => {
    for (const seed of [1, 2, 99]) assert.deepEqual(deal(seed, { nodes: 6 }), deal(seed, { nodes: 6 }));
  });

  test('deals each point once to as many seeds in a row as there are points, wherever they begin', () => {
    for (const first of [1, 1000]) {
      const own = Array.from({ length: SEEDS_FOR_ALL }, (_, index) => deal(first + index, { nodes: 6 }).own[0]?.point.name ?? '');
      assert.deepEqual(own.toSorted(), POINTS.map(({ name }) => name).toSorted());
    }
  });

  test('never gives a fault to a node that a person cordoned, or that its step does not concern', () => {
    for (let seed = 1; seed <= 400; seed += 1) {
      const { own, others, cordoned, workers, controlPlanes } = deal(seed, { nodes: 6 });
      for (const { point, node } of [...own, ...others]) {
        assert.equal(node === null, point.on === null, point.name);
        if (node === null) continue;
        assert.notEqual(node, cordoned);
        if (point.on === 'worker') assert.ok(workers.includes(node), `${point.name} on ${node}`);
        if (point.on === 'control-plane') assert.ok(controlPlanes.includes(node), `${point.name} on ${node}`);
      }
    }
  });

  test('adds to the own point only such as need nothing of their own', () => {
    for (let seed = 1; seed <= 400; seed += 1) {
      const { own, others, needs } = deal(seed, { nodes: 6 });
      assert.deepEqual(own.map(({ point }) => EFFECTS[point.effect].needs), [needs]);
      assert.deepEqual(others.filter(({ point }) => EFFECTS[point.effect].needs !== 'nothing'), []);
    }
  });

  test('takes the point that was asked for, and as many nodes', () => {
    const point = pointOf('uncordonNode.before.worker-killed');
    const { own, workers, controlPlanes } = deal(3, { nodes: 20, point });
    assert.deepEqual(own.map((placed) => placed.point), [point]);
    assert.equal(workers.length + controlPlanes.length, 20);
  });
});

describe('points that seeds get in turn', () => {
  for (let each = 1; each <= MOST_OWN; each += 1) {
    test(`are all dealt once where each seed gets ${each}, and none hides another`, () => {
      const turns = turnsOf(each);
      assert.deepEqual(turns.flat().map(({ name }) => name).toSorted(), POINTS.map(({ name }) => name).toSorted());
      for (const points of turns) for (const [index, point] of points.entries()) assert.ok(fits(point, points.toSpliced(index, 1)), point.name);
    });
  }

  test('are so many a seed that the seeds of CI deal them all', () => {
    assert.ok(turnsOf(ownPoints(64)).length <= 64, `${turnsOf(ownPoints(64)).length} seeds`);
    assert.equal(ownPoints(POINTS.length), 1);
    assert.equal(ownPoints(5), 1);
  });

  test('come with the words without which they cannot happen', () => {
    const back = deal(5, { nodes: 6, point: pointOf('rollbackNode.during.worker-killed') });
    assert.deepEqual(back.words.map(({ word, node }) => [word, node]), [['pause --after', back.own[0]?.node], ['rollback', back.own[0]?.node]]);
    const whole = deal(5, { nodes: 6, point: pointOf('restoreWorker.during.worker-killed') });
    assert.deepEqual(whole.words.map(({ word, node }) => [word, node]), [['pause --after', whole.lastUpgraded], ['rollback --scope cluster', whole.lastUpgraded]]);
    assert.equal(whole.own[0]?.node, whole.lastUpgraded);
    assert.deepEqual(deal(5, { nodes: 6, point: pointOf('releaseTaints.before.api-gone') }).words.map(({ word }) => word), ['skip']);
    assert.equal(deal(5, { nodes: 6, point: pointOf('cordonNode.before.api-gone') }).drains, false);
    assert.equal(deal(5, { nodes: 6, point: pointOf('upgradeAddon.during.api-gone') }).hasAddon, true);
  });
});

describe('the command line of a fault run', () => {
  test('takes seeds, the first of them, a point, a number of nodes, how many run at once and points a seed', () => {
    assert.deepEqual(readRequest(['--seeds', '5', '--first-seed', '9', '--nodes', '20', '--point', 'drainNode.during.api-gone', '--at-once', '3', '--each', '2']), { each: 2, cuts: null, seeds: 5, firstSeed: 9, nodes: 20, point: pointOf('drainNode.during.api-gone'), atOnce: 3 });
  });

  for (const [args, said] of [
    [['--seeds', '0'], /--seeds 0: expected a whole number from 1/],
    [['--seeds', '1.5'], /--seeds 1\.5/],
    [['--first-seed', 'x'], /--first-seed x/],
    [['--cuts', '5', '--seeds', '3'], /--cuts takes as many upgrades as it needs/],
    [['--nodes', '5'], /--nodes 5: expected a whole number from 6 to 50/],
    [['--point', 'nowhere'], /There is no fault point "nowhere"\. Allowed:\n {2}planUpgrade\.during\.worker-killed/],
    [['--speed', '3'], /Unknown option '--speed'[^]*Usage: npm run test:faults/],
  ] as const) {
    test(`refuses ${args.join(' ')} and says what would be right`, () => {
      const answer = readRequest(args);
      assert.ok(typeof answer === 'string');
      assert.match(answer, said);
    });
  }
});

describe('the report of a fault run', () => {
  test('says of a failed seed what was broken, what happened and how to run it again', () => {
    const text = failureText(VIOLATED, { ...REQUEST, nodes: 20, point: pointOf('drainNode.during.api-gone') });
    assert.equal(text, [
      'seed 7 failed', '  window (never more workers cordoned by us than maxUnavailable, or than a person set): w1, w2 are cordoned, and at most 1 may be',
      '  happened: drainNode.during.api-gone', '  again: npm run test:faults -- --seeds 1 --first-seed 7 --nodes 20 --point drainNode.during.api-gone',
    ].join('\n'));
    assert.equal(failureText(PASSED, REQUEST), null);
  });

  test('ends with how many passed and failed, and fails a seed that could not be run', () => {
    const { text, failed } = totalsOf([PASSED, VIOLATED, { seed: 8, error: 'no room' }], { ...REQUEST, seeds: 3 }, 60);
    assert.equal(text.split('\n').at(-1), '1 passed, 2 failed');
    assert.equal(failed, 2);
  });

  test('counts how often each point was hit', () => {
    assert.match(totalsOf([PASSED, PASSED], REQUEST, 1).text, /^drainNode\.during\.api-gone +2$/m);
  });

  test('says of cuts how many there were, how soon they were resolved and that none was left', () => {
    const request: FaultRequest = { ...REQUEST, cuts: 80 };
    const { text, failed } = totalsOf([{ ...PASSED, cuts: 84, times: { ...NO_TIMES, resolved: [1, 3] } }], request, 1);
    assert.equal(failed, 0);
    assert.equal(text, [
      '84 cuts inside remote commands of 1 upgrades (80 were asked for), 0 blind runs',
      'cut commands resolved after the host\'s return (target 30 s): 2 times, p50 1.0 s, p95 3.0 s, max 3.0 s, 0 over 30 s', '1 passed, 0 failed',
    ].join('\n'));
    assert.equal(totalsOf([{ ...PASSED, cuts: 84, times: { ...NO_TIMES, unresolved: 1 } }], request, 1).text.split('\n').at(-1), '1 passed, 1 failed');
  });

  test('fails each point that was never hit where there were seeds enough to deal it, and else says how many it takes', () => {
    const few = totalsOf([PASSED], REQUEST, 1);
    assert.equal(few.failed, 0);
    assert.match(few.text, new RegExp(`${POINTS.length - 1} of ${POINTS.length} points were not hit: ${SEEDS_FOR_ALL} seeds deal every point once`));
    const enough = totalsOf([PASSED], { ...REQUEST, seeds: SEEDS_FOR_ALL }, 1);
    assert.equal(enough.failed, POINTS.length - 1);
    assert.match(enough.text, /^never hit: acquireLease\.before\.worker-killed$/m);
    const one = totalsOf([PASSED], { ...REQUEST, point: pointOf('drainNode.during.api-slow') }, 1);
    assert.equal(one.text.split('\n').at(-1), '1 passed, 1 failed');
  });
});
