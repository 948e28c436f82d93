import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EFFECTS } from './catalogue/effects.ts';
import { MOMENTS, partOf, stepOf, STEPS } from './catalogue/moments.ts';
import { pointOf, POINTS, UnknownPoint } from './catalogue/points.ts';
import { faultsDoc } from './docs.ts';

test('every point has a name of its own, and there are at least two hundred', () => {
  assert.equal(new Set(POINTS.map(({ name }) => name)).size, POINTS.length);
  assert.ok(POINTS.length >= 200, String(POINTS.length));
});

test('every moment and every fault is part of a point', () => {
  assert.deepEqual(MOMENTS.filter((moment) => !POINTS.some((point) => point.moment === moment)), []);
  assert.deepEqual(Object.keys(EFFECTS).filter((effect) => !POINTS.some((point) => point.effect === effect)), []);
});

test('every step of a host has its moments before, during and after the effect', () => {
  for (const [step, { host }] of Object.entries(STEPS)) {
    if (host === null) continue;
    assert.deepEqual(MOMENTS.filter((moment) => stepOf(moment) === step).map(partOf), ['before', 'during', 'after'], step);
  }
});

test('the worker is killed at every moment that there is', () => {
  assert.deepEqual(POINTS.filter(({ effect }) => effect === 'worker-killed').map(({ moment }) => moment), MOMENTS);
});

test('a point that is not there is refused with those that are', () => {
  assert.throws(() => pointOf('drainNode.during.meteorite'), (error) => error instanceof UnknownPoint && POINTS.every(({ name }) => error.message.includes(name)));
});

test('docs/faults.md lists every point and invariant as the programs know them', async () => {
  const { now, wanted } = await faultsDoc();
  assert.equal(now, wanted, 'run `node test/faults/generate-docs.ts`');
});
