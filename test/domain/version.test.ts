import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareVersions, formatVersion, minorDistance, minorOf, parseVersion } from '../../workflows/domain/version.ts';
import type { Version } from '../../workflows/domain/version.ts';

function version(text: string): Version {
  const parsed = parseVersion(text);
  assert.ok(parsed, `${text} is a version`);
  return parsed;
}

const number = fc.nat({ max: 999 });
const anyVersion: fc.Arbitrary<Version> = fc.record({
  major: number, minor: number, patch: number,
  prerelease: fc.constantFrom(null, 'alpha.1', 'beta.2', 'rc.1', 'rc.10'),
  build: fc.constantFrom(null, 'k3s1', 'k3s2', 'k3s10', 'rke2r1'),
}, { noNullPrototype: true });

describe('versions', () => {
  it('are read with and without v, with pre-release and build', () => {
    assert.deepEqual(version('v1.34.4'), { major: 1, minor: 34, patch: 4, prerelease: null, build: null });
    assert.deepEqual(version('1.34.4'), version('v1.34.4'));
    assert.deepEqual(version('v1.35.0-rc.1+k3s1'), { major: 1, minor: 35, patch: 0, prerelease: 'rc.1', build: 'k3s1' });
  });

  for (const text of ['', 'v1.34', '1.34', 'v1.34.4.5', 'v1.34.4 ', ' v1.34.4', 'latest', 'v1.34.x', 'v-1.3.4', 'v1.34.4+', 'v1.34.4-', 'v1.34.4;id', '1:1.34.4', 'v1.34.4\n']) {
    it(`are not ${JSON.stringify(text)}`, () => assert.equal(parseVersion(text), null));
  }

  it('survive being written and read', () => {
    fc.assert(fc.property(anyVersion, (value) => assert.deepEqual(parseVersion(formatVersion(value)), value)));
  });

  it('stand in one order', () => {
    const ordered = ['v1.9.9', 'v1.33.13', 'v1.34.0-alpha.1', 'v1.34.0-rc.1', 'v1.34.0-rc.2', 'v1.34.0-rc.10', 'v1.34.0', 'v1.34.4', 'v1.34.4+k3s1', 'v1.34.4+k3s2', 'v1.34.4+k3s10', 'v1.34.10', 'v2.0.0'];
    for (const [index, text] of ordered.entries()) {
      assert.equal(compareVersions(version(text), version(text)), 0);
      for (const later of ordered.slice(index + 1)) assert.ok(compareVersions(version(text), version(later)) < 0, `${text} before ${later}`);
    }
  });

  it('compare as an order does: antisymmetric and transitive', () => {
    fc.assert(fc.property(anyVersion, anyVersion, anyVersion, (a, b, c) => {
      assert.equal(Math.sign(compareVersions(a, b)), -Math.sign(compareVersions(b, a)) + 0);
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) assert.ok(compareVersions(a, c) <= 0);
      assert.equal(compareVersions(a, b) === 0, formatVersion(a) === formatVersion(b));
    }));
  });

  it('have a minor, and a distance in minors within one major', () => {
    assert.equal(minorOf(version('v1.34.4')), '1.34');
    assert.equal(minorDistance(version('v1.33.13'), version('v1.34.4')), 1);
    assert.equal(minorDistance(version('v1.34.4'), version('v1.33.13')), -1);
    assert.equal(minorDistance(version('v1.34.4'), version('v1.34.9')), 0);
    assert.equal(minorDistance(version('v1.34.4'), version('v2.0.0')), null);
  });
});
