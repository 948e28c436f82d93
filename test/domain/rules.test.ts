import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../../workflows/domain/canonical-json.ts';
import { parseDuration } from '../../workflows/domain/durations.ts';
import { planHops } from '../../workflows/domain/hops.ts';
import { widthOf } from '../../workflows/domain/max-unavailable.ts';
import { compareNames } from '../../workflows/domain/order.ts';
import { skewViolations } from '../../workflows/domain/skew.ts';
import { parseVersion } from '../../workflows/domain/version.ts';

describe('hops', () => {
  function hops(from: string, to: string) {
    const [fromVersion, toVersion] = [parseVersion(from), parseVersion(to)];
    assert.ok(fromVersion !== null && toVersion !== null);
    return planHops(fromVersion, toVersion);
  }

  it('are none at the target, one for a patch, one for the next minor', () => {
    assert.deepEqual(hops('v1.34.4', 'v1.34.4'), { ok: true, hops: [] });
    assert.deepEqual(hops('v1.34.2', 'v1.34.4'), { ok: true, hops: [{ from: 'v1.34.2', to: 'v1.34.4' }] });
    assert.deepEqual(hops('v1.33.13', 'v1.34.4'), { ok: true, hops: [{ from: 'v1.33.13', to: 'v1.34.4' }] });
  });

  const refused = [
    { from: 'v1.32.9', to: 'v1.34.4', says: /skips the minor 1\.33;/, next: /v1\.33\.x/ },
    { from: 'v1.30.1', to: 'v1.34.4', says: /skips the minors 1\.31 to 1\.33;/, next: /v1\.31\.x/ },
    { from: 'v1.34.5', to: 'v1.34.4', says: /downgrade/, next: /v1\.34\.5 or newer/ },
    { from: 'v1.35.0', to: 'v1.34.4', says: /downgrade/, next: /v1\.35\.0 or newer/ },
    { from: 'v1.34.4', to: 'v2.0.0', says: /every minor between 1\.34 and 2\.0/, next: /v1\.35\.x/ },
  ];
  for (const { from, to, says, next } of refused) {
    it(`from ${from} to ${to} are refused`, () => {
      const result = hops(from, to);
      assert.ok(!result.ok);
      assert.match(result.message, says);
      assert.match(result.next, next);
    });
  }
});

describe('maxUnavailable', () => {
  const rows: readonly { value: number | string; total: number; width: number }[] = [
    { value: 1, total: 2, width: 1 }, { value: 2, total: 3, width: 2 }, { value: '10%', total: 5, width: 1 }, { value: '10%', total: 25, width: 2 },
    { value: '50%', total: 3, width: 1 }, { value: '99%', total: 2, width: 1 }, { value: '99%', total: 5000, width: 4950 },
    { value: 1, total: 1, width: 1 }, { value: '10%', total: 1, width: 1 },
  ];
  for (const { value, total, width } of rows) {
    it(`${value} of ${total} is ${width}`, () => assert.deepEqual(widthOf(value, total), { ok: true, width }));
  }

  const refused: readonly { value: number | string; total: number; says: RegExp }[] = [
    { value: 0, total: 5, says: /let no node/ }, { value: '0%', total: 5, says: /let no node/ },
    { value: '100%', total: 5, says: /whole pool down/ }, { value: '100%', total: 1, says: /whole pool down/ }, { value: '150%', total: 5, says: /whole pool down/ },
    { value: 3, total: 3, says: /not below the total: the pool has 3 nodes/ }, { value: 2, total: 1, says: /not below the total: the pool has 1 node,/ },
    { value: -1, total: 3, says: /no count/ }, { value: 1.5, total: 3, says: /no count/ }, { value: Number.NaN, total: 3, says: /no count/ },
    { value: '10', total: 3, says: /neither/ }, { value: '1.5%', total: 3, says: /neither/ }, { value: 'all', total: 3, says: /neither/ },
  ];
  for (const { value, total, says } of refused) {
    it(`${value} of ${total} is refused`, () => {
      const result = widthOf(value, total);
      assert.ok(!result.ok);
      assert.match(result.message, says);
    });
  }

  it('is always at least 1 and, from two nodes on, leaves one up', () => {
    const value = fc.oneof(fc.integer({ min: -3, max: 6000 }), fc.integer({ min: 0, max: 120 }).map((percent) => `${percent}%`));
    fc.assert(fc.property(value, fc.integer({ min: 1, max: 5000 }), (written, total) => {
      const result = widthOf(written, total);
      if (result.ok) assert.ok(Number.isInteger(result.width) && result.width >= 1 && result.width <= Math.max(1, total - 1));
    }));
  });
});

describe('version skew', () => {
  function violations(apiServers: readonly string[], kubelet: string): string[] {
    return skewViolations({
      apiServers: apiServers.map((version, index) => ({ item: `api-${index}`, version })),
      kubelets: [{ item: 'kubelet', version: kubelet }], kubeProxies: [],
    }).map(({ item, version, rule }) => `${item} ${version}: ${rule}`);
  }

  const allowed = [
    { servers: ['v1.34.4'], kubelet: 'v1.34.9' }, { servers: ['v1.34.4'], kubelet: 'v1.31.0' },
    { servers: ['v1.33.13', 'v1.34.4'], kubelet: 'v1.33.13' }, { servers: ['v1.27.1'], kubelet: 'v1.25.0' },
  ];
  for (const { servers, kubelet } of allowed) {
    it(`lets a kubelet at ${kubelet} work with ${servers.join(' and ')}`, () => assert.deepEqual(violations(servers, kubelet), []));
  }

  const refused = [
    { servers: ['v1.33.13'], kubelet: 'v1.34.0', says: /^kubelet v1\.34\.0: it may not be newer/ },
    { servers: ['v1.33.13', 'v1.34.4'], kubelet: 'v1.34.4', says: /not be newer than its API server; api-0/ },
    { servers: ['v1.34.4'], kubelet: 'v1.30.9', says: /at most 3 minors older/ },
    { servers: ['v1.27.1'], kubelet: 'v1.24.0', says: /at most 2 minors older/ },
    { servers: ['v1.32.0', 'v1.34.4'], kubelet: 'v1.32.0', says: /^api-1 v1\.34\.4: API servers of one cluster lie within one minor/ },
    { servers: ['v1.34.4'], kubelet: 'unknown', says: /^kubelet unknown: its version must be readable/ },
  ];
  for (const { servers, kubelet, says } of refused) {
    it(`refuses a kubelet at ${kubelet} with ${servers.join(' and ')}`, () => {
      const found = violations(servers, kubelet);
      assert.equal(found.length, 1, found.join('; '));
      assert.match(found[0] ?? '', says);
    });
  }

  it('compares the kubelet of a control-plane node with the API server of that node', () => {
    const apiServers = [{ item: 'api of cp-1', version: 'v1.34.4' }, { item: 'api of cp-2', version: 'v1.33.13' }];
    const found = (ownApiServer: string) => skewViolations({ apiServers, kubelets: [{ item: 'kubelet', version: 'v1.34.4', ownApiServer }], kubeProxies: [] });
    assert.deepEqual(found('v1.34.4'), []);
    assert.match(found('v1.33.13')[0]?.rule ?? '', /not be newer than its API server; that of its node is at v1\.33\.13/);
  });

  it('holds for kube-proxy as for the kubelet', () => {
    const found = skewViolations({ apiServers: [{ item: 'api', version: 'v1.33.0' }], kubelets: [], kubeProxies: [{ item: 'kube-proxy of w-1', version: 'v1.34.0' }] });
    assert.equal(found[0]?.item, 'kube-proxy of w-1');
  });
});

describe('durations', () => {
  for (const { text, seconds } of [{ text: '15m', seconds: 900 }, { text: '1h30m', seconds: 5400 }, { text: '0s', seconds: 0 }, { text: '1h0m1s', seconds: 3601 }, { text: '90s', seconds: 90 }]) {
    it(`${text} is ${seconds} seconds`, () => assert.equal(parseDuration(text), seconds));
  }
  for (const text of ['', '15', 'm', '1m1h', '-1s', '1.5h', '1 h', '15M', '1d', '15m ']) {
    it(`${JSON.stringify(text)} is none`, () => assert.equal(parseDuration(text), null));
  }
});

describe('names', () => {
  it('stand as people count', () => {
    assert.deepEqual(['w-10', 'w-2', 'cp-1', 'w-1', 'w'].toSorted(compareNames), ['cp-1', 'w', 'w-1', 'w-2', 'w-10']);
  });
  it('have one order, whatever order they came in', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-b0-2.-]{1,6}$/), { maxLength: 8 });
    fc.assert(fc.property(names, (values) => assert.deepEqual(values.toReversed().toSorted(compareNames), values.toSorted(compareNames))));
  });
});

describe('canonical JSON', () => {
  it('does not depend on the order of keys, and reads back as the same value', () => {
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).toReversed());
      assert.equal(canonicalJson(reversed), canonicalJson(value));
      assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
    }));
  });
  it('leaves out what JSON leaves out and refuses what it cannot carry', () => {
    assert.equal(canonicalJson({ b: 1, a: undefined }), '{"b":1}');
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, [undefined], 1n, () => 1]) assert.throws(() => canonicalJson(value), TypeError);
  });
});
