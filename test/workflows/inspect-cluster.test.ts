import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { workflowTests } from './harness.ts';

describe('inspectCluster', { timeout: 600_000 }, () => {
  const { inspect } = workflowTests();

  it('answers with the plan and changes nothing', async () => {
    await inspect({ what: 'plan' }, (result, journal) => {
      assert.equal(result.plan?.to, 'v1.34.4');
      assert.deepEqual(journal, []);
    });
  });

  for (const [what, rehearsed] of [['plan', 'only'], ['preflight', 'also']] as const) {
    it(`rehearses the drains of what ${what} shows`, async () => {
      await inspect({ what }, (result) => assert.deepEqual(result.findings.map(({ message }) => message), [`rehearsed: ${rehearsed}`]));
    });
  }

  it('pages through an output that is too large for one payload', async () => {
    await inspect({ what: 'logs', logs: { upgrade: 'test', node: 'cp1', step: 'upgradeKubelet' } }, (result) => {
      assert.equal(result.log, 'page at 0\npage at 1\npage at 2\n');
    });
  });
});
