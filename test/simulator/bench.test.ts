import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { atLeast, atMost, figure, percentile } from '../bench/bench.ts';
import type { Bench } from '../bench/bench.ts';
import { BENCHES } from '../bench/benches.ts';
import { growth } from '../bench/engine/memory.ts';
import { runBench } from '../bench/run-bench.ts';
import { drawNodes, SPREADS, timeOf } from '../bench/window/draws.ts';
import { foreseenWindow, ideal, jobs, nodeBatches, serialBatches, slidingWindow } from '../bench/window/schedulers.ts';

const bench: Bench = ({ seed, size }) => Promise.resolve([figure('seed', seed, 'count'), atMost('size', size('nodes', 3), 'count', 3), atLeast('other', 1, 'ratio', 2)]);
const failing: Bench = () => Promise.reject(new Error('no room on this machine'));

async function run(...args: string[]): Promise<{ code: number; out: string; words: string }> {
  let out = '';
  let words = '';
  const streams = { out: (text: string) => { out += text; }, say: (line: string) => { words += `${line}\n`; } };
  const code = await runBench(args, { small: () => Promise.resolve(bench), failing: () => Promise.resolve(failing) }, streams);
  return { code, out, words };
}

describe('a benchmark', () => {
  it('prints one object with the target beside each figure, and ends well whether it is met or not', async () => {
    const { code, out } = await run('small', '--json', '--seed', '7');
    const result = JSON.parse(out);

    assert.equal(code, 0);
    assert.deepEqual(Object.keys(result), ['bench', 'seed', 'machine', 'figures']);
    assert.equal(result.seed, 7);
    assert.deepEqual(result.figures, [
      { name: 'seed', value: 7, unit: 'count', target: null, met: null },
      { name: 'size', value: 3, unit: 'count', target: '<= 3', met: true },
      { name: 'other', value: 1, unit: 'ratio', target: '>= 2', met: false },
    ]);
  });

  it('prints a table for people', async () => {
    const { code, out } = await run('small', '--nodes', '5');

    assert.equal(code, 0);
    assert.match(out, /^small, seed 1, /);
    assert.match(out, /size +5 +count +<= 3 +missed/);
  });

  it('that does not exist is refused with the ones that do', async () => {
    const { code, out, words } = await run('large', '--json');

    assert.equal(code, 64);
    assert.equal(out, '');
    assert.match(words, /no benchmark large.*small, failing/);
  });

  it('is refused where a size is no number, or a flag is unknown', async () => {
    assert.equal((await run('small', '--nodes', 'many')).code, 64);
    assert.equal((await run('small', '--speed', '3')).code, 64);
    assert.equal((await run()).code, 64);
  });

  it('that cannot be run says why, without a stack', async () => {
    const { code, out, words } = await run('failing', '--json');

    assert.deepEqual([code, out, words], [1, '', 'The benchmark failing could not be run: no room on this machine\n']);
  });

  it('loads under each of its names', async () => {
    for (const [name, load] of Object.entries(BENCHES)) assert.equal(typeof await load(), 'function', name);
  });
});

// Narrower than ten: a wider window leaves slots free until a first node is finished.
const draws = fc.record({
  nodes: fc.integer({ min: 1, max: 60 }), width: fc.integer({ min: 1, max: 9 }), seed: fc.nat(), spread: fc.constantFrom(...SPREADS), stuck: fc.constantFrom(0, 0.05),
}).map(({ nodes, width, ...options }) => ({ drawn: drawNodes(Array.from({ length: nodes }, (_, at) => `w${at}`), options), width }));

const ROUNDING = 1e-9;

describe('the schedulers that are compared', () => {
  it('take no less time than the ideal', () => {
    fc.assert(fc.property(draws, ({ drawn, width }) => {
      for (const scheduler of [slidingWindow, foreseenWindow, serialBatches, nodeBatches, jobs(0), jobs(0.2)]) {
        assert.ok(scheduler(drawn, width) >= ideal(drawn, width) - ROUNDING);
      }
    }));
  });

  it('are ordered: a barrier at each task costs at least what one at each node does, and both at least a window', () => {
    fc.assert(fc.property(draws, ({ drawn, width }) => {
      assert.ok(serialBatches(drawn, width) >= nodeBatches(drawn, width) - ROUNDING);
      assert.ok(nodeBatches(drawn, width) >= slidingWindow(drawn, width) - ROUNDING);
    }));
  });

  it('are all the same where one node goes at a time, or all at once', () => {
    fc.assert(fc.property(draws, ({ drawn }) => {
      const [one] = [drawn.reduce((sum, node) => sum + timeOf(node), 0)];
      for (const scheduler of [slidingWindow, serialBatches, nodeBatches, jobs(0)]) assert.ok(Math.abs(scheduler(drawn, 1) - one) < 1e-6);
      const all = Math.max(...drawn.map(timeOf));
      for (const scheduler of [nodeBatches, jobs(0)]) assert.ok(Math.abs(scheduler(drawn, drawn.length) - all) < 1e-6);
      // One slot in ten stays free until a first node is finished.
      assert.ok(slidingWindow(drawn, drawn.length * 2) - all < 1e-6);
    }));
  });

  it('lose no node: a window of jobs is the window where the pod of a job starts at once', () => {
    fc.assert(fc.property(draws, ({ drawn, width }) => {
      assert.ok(Math.abs(slidingWindow(drawn, width) - jobs(0)(drawn, width)) < 1e-6);
    }));
  });
});

describe('drawn step times', () => {
  it('are the same for the same seed, with a mean of one node and a variation of one half', () => {
    const names = Array.from({ length: 4_000 }, (_, at) => `w${at}`);
    const drawn = drawNodes(names, { seed: 3, spread: 'nodes', stuck: 0 });
    const times = drawn.map(timeOf);
    const average = times.reduce((sum, time) => sum + time, 0) / times.length;
    const deviation = Math.sqrt(times.reduce((sum, time) => sum + (time - average) ** 2, 0) / times.length);

    assert.deepEqual(drawn, drawNodes(names, { seed: 3, spread: 'nodes', stuck: 0 }));
    assert.ok(Math.abs(average - 1) < 0.05, String(average));
    assert.ok(Math.abs(deviation / average - 0.5) < 0.06, String(deviation / average));
  });

  it('make the wanted share of the nodes ten times as slow', () => {
    const names = Array.from({ length: 200 }, (_, at) => `w${at}`);
    const stuck = drawNodes(names, { seed: 3, spread: 'steps', stuck: 0.01 }).filter((node) => timeOf(node) > 9.99);

    assert.equal(stuck.length, 2);
  });
});

describe('measurements', () => {
  it('take the percentile from the values that are there', () => {
    assert.equal(percentile([3, 1, 2], 0.5), 2);
    assert.equal(percentile([3, 1, 2], 0.99), 3);
    assert.equal(percentile([], 0.5), 0);
  });

  it('call memory flat that grew while it warmed up and then stayed', () => {
    const warm = Array.from({ length: 50 }, (_, at) => (at < 10 ? 100 + at * 20 : 300));

    assert.equal(growth(warm), 1);
    assert.ok(growth(Array.from({ length: 50 }, (_, at) => 100 + at * 20)) > 1.5);
  });
});
