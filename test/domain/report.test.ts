import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { cover, newCoverage } from '../../workflows/domain/coverage.ts';
import { overheadSeconds, spanOf } from '../../workflows/domain/report.ts';

const WALL_SECONDS = 600;

function at(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
}

function overhead(steps: readonly (readonly [from: number, busySeconds: number])[], waits: readonly (readonly [from: number, to: number])[] = [], wallSeconds = WALL_SECONDS): number {
  const spans = [...steps.map(([from, busySeconds]) => spanOf({ startedAt: at(from), busySeconds })), ...waits.map(([from, to]) => [Date.parse(at(from)), Date.parse(at(to))] as const)];
  // One by one, as nodes end.
  const covered = spans.reduce((coverage, span) => cover(coverage, [span]), newCoverage(Date.parse(at(0))));
  return overheadSeconds(covered, at(0), at(wallSeconds));
}

describe('the engine\'s own time', () => {
  it('is all of it where nothing was busy, and none where a step was busy throughout', () => {
    assert.equal(overhead([]), WALL_SECONDS);
    assert.equal(overhead([[0, WALL_SECONDS]]), 0);
  });
  it('counts overlapping steps once', () => assert.equal(overhead([[0, 100], [50, 100], [60, 10]]), 450));
  it('leaves out pauses and holds, also where steps run in them', () => assert.equal(overhead([[0, 100]], [[50, 200], [300, 350]]), 350));
  it('counts only what lies within the wall clock', () => assert.equal(overhead([[-50, 100], [580, 100]]), 530));
  it('is told to the millisecond', () => assert.equal(overhead([[0, 599.8766]]), 0.123));
  it('is nothing where the clock went back', () => assert.equal(overhead([], [], -5), 0));

  it('stays small over thousands of steps, and right for those that come within an hour', () => {
    let covered = newCoverage(Date.parse(at(0)));
    for (let index = 0; index < 5_000; index += 1) covered = cover(covered, [spanOf({ startedAt: at(index * 10 + (index % 2) * 300), busySeconds: 5 })]);
    assert.ok(covered.spans.length <= 400);
    assert.equal(overheadSeconds(covered, at(0), at(50_310)), 50_310 - 5_000 * 5);
  });

  const step = fc.tuple(fc.integer({ min: -100, max: 700 }), fc.integer({ min: 0, max: 300 }));
  it('lies between nothing and the wall clock, whatever the order of the steps', () => {
    fc.assert(fc.property(fc.array(step), fc.array(step), (steps, waits) => {
      const own = overhead(steps, waits.map(([from, length]) => [from, from + length] as const));
      assert.ok(own >= 0 && own <= WALL_SECONDS);
      assert.equal(overhead(steps.toReversed(), waits.map(([from, length]) => [from, from + length] as const)), own);
    }));
  });
  it('is what counting second by second gives', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const idle = Array.from({ length: WALL_SECONDS }, (_, second) => second).filter((second) => !steps.some(([from, length]) => from <= second && second < from + length));
      assert.equal(overhead(steps), idle.length);
    }));
  });
});
