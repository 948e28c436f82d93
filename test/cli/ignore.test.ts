import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { executedSpec } from '../../workflows/domain/executed-spec.ts';
import { hashPlan } from '../../workflows/domain/hash-plan.ts';
import { testPlan, testSpec } from '../workflows/fake-cluster.ts';
import { capstan, fakeClient } from './fake-client.ts';

const SPEC = 'examples/cluster.yaml';
const WAIVED = ['--ignore', 'host-swap@w1', '--ignore', 'nodes-ready', '--ignore', 'host-swap@w1'];

describe('--ignore', () => {
  for (const command of ['plan', 'preflight', 'start'] as const) {
    test(`of ${command} goes to the worker with the spec, each once and in order`, async () => {
      const client = fakeClient();
      await capstan(client, [command, '-f', SPEC, ...WAIVED], { answer: 'yes' });
      assert.deepEqual(client.inspected[0]?.spec.ignore, [{ check: 'host-swap', node: 'w1' }, { check: 'nodes-ready', node: null }]);
      if (command === 'start') assert.deepEqual(client.started[0]?.spec.ignore, client.inspected[0]?.spec.ignore);
    });
  }

  test('is shown by plan and start, before anything is asked', async () => {
    const spec = { ...testSpec(2, 1), ignore: [{ check: 'host-swap', node: 'w1' }] } as const;
    const plan = hashPlan({ ...testPlan(3, 2, 1), spec: executedSpec(spec) });
    for (const command of ['plan', 'start'] as const) {
      const { out } = await capstan(fakeClient({ plan }), [command, '-f', SPEC, '--ignore', 'host-swap@w1'], { answer: 'no' });
      assert.match(out, /^ {2}Ignored +checks, by --ignore: host-swap@w1$/m);
    }
  });

  for (const [written, message] of [
    ['host-swpa', /--ignore host-swpa: there is no such check\nNext: did you mean host-swap\?/],
    ['nothing-of-the-kind', /there is no such check\nNext: one of addon-loss, api-ready, budgets-allow/],
    ['etcd-members-healthy', /--ignore etcd-members-healthy: this check is never waived\nNext: correct what it finds/],
    ['version-skew@w1', /this check is never waived/],
    ['worker-polling', /preflight makes no such check/],
    ['constructor', /there is no such check/],
    ['host-swap@', /what stands behind @ is not the name of a node/],
    ['host-swap@w1@w2', /what stands behind @ is not the name of a node/],
    ['', /--ignore : there is no such check/],
  ] as const) {
    test(`${JSON.stringify(written)} is a wrong command line, before anything is asked of a cluster`, async () => {
      for (const command of ['plan', 'preflight', 'start']) {
        const client = fakeClient();
        const { code, err } = await capstan(client, [command, '-f', SPEC, '--ignore', written]);
        assert.equal(code, 64);
        assert.match(err, message);
        assert.deepEqual([client.inspected, client.started], [[], []]);
      }
    });
  }
});

describe('start --plan-hash', () => {
  const PLAN = hashPlan(testPlan(3, 2, 1));

  test('begins the plan that was seen without asking, and no other', async () => {
    const client = fakeClient({ plan: PLAN });
    assert.equal((await capstan(client, ['start', '-f', SPEC, '--plan-hash', PLAN.hash])).code, 0);
    assert.deepEqual(client.started.map(({ plan, awaitApproval }) => [plan.hash, awaitApproval]), [[PLAN.hash, undefined]]);

    const other = fakeClient({ plan: PLAN });
    const { code, err } = await capstan(other, ['start', '-f', SPEC, '--plan-hash', `p2-${'a1'.repeat(32)}`, '--yes']);
    assert.equal(code, 1);
    assert.match(err, /the plan is p2-[0-9a-f]{64}, not p2-a1a1.*so nothing was started\nNext: look at the plan above/);
    assert.deepEqual(other.started, []);
  });

  test('of the former form is refused with the reason, before anything is read', async () => {
    const client = fakeClient({ plan: PLAN });
    const { code, err } = await capstan(client, ['start', '-f', SPEC, '--plan-hash', 'a1'.repeat(32)]);
    assert.equal(code, 64);
    assert.match(err, /--plan-hash: (a1){32} is a plan hash of the former form, which covered neither the spec nor the files that are applied\nNext: nothing was started/);
    assert.deepEqual(client.inspected, []);
  });
});
