import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../workflows/domain/check.ts';
import { CHECKS, isCheckId } from '../../workflows/domain/checks.ts';
import { planUpgrade } from '../../workflows/domain/plan-upgrade.ts';
import { waive, waiverProblem } from '../../workflows/domain/waiver.ts';
import type { Waiver } from '../../workflows/domain/waiver.ts';
import { labCluster, spec } from './cluster.ts';

function finding(check: Finding['check'], severity: Finding['severity'], node: string | null): Finding {
  return { check, severity, node, message: 'found', next: 'do' };
}

describe('a waiver', () => {
  it('makes what blocks a warning and what warns an info, and says so; what holds stays as it is', () => {
    const waivers: readonly Waiver[] = [{ check: 'host-swap', node: 'w-1' }, { check: 'nodes-ready', node: null }];
    const found = waive([
      finding('host-swap', 'block', 'w-1'), finding('host-swap', 'block', 'w-2'), finding('nodes-ready', 'block', 'w-3'), finding('nodes-ready', 'warn', null), finding('nodes-ready', 'info', null),
    ], waivers);
    assert.deepEqual(found.map(({ severity, message }) => [severity, message]), [
      ['warn', 'found (ignored by --ignore host-swap@w-1)'], ['block', 'found'], ['warn', 'found (ignored by --ignore nodes-ready)'],
      ['info', 'found (ignored by --ignore nodes-ready)'], ['info', 'found'],
    ]);
  });

  it('of one node says nothing of the cluster, and a node of another name is another node', () => {
    const waivers: readonly Waiver[] = [{ check: 'budgets-allow', node: 'w-1' }];
    assert.deepEqual(waive([finding('budgets-allow', 'block', null), finding('budgets-allow', 'block', 'w-10')], waivers).map(({ severity }) => severity), ['block', 'block']);
  });

  it('takes nothing that is never waived, also where a plan has it', () => {
    for (const check of Object.keys(CHECKS).filter(isCheckId).filter((id) => !CHECKS[id].waivable)) {
      assert.notEqual(waiverProblem(check), null, check);
      assert.equal(waive([finding(check, 'block', null)], [{ check, node: null }])[0]?.severity, 'block', check);
    }
  });

  for (const [what, waiver, message] of [
    ['a check that is never waived', { check: 'etcd-members-healthy', node: null }, /^--ignore etcd-members-healthy: this check is never waived$/],
    ['the version skew', { check: 'version-skew', node: 'cp-1' }, /never waived/],
    ['a check of doctor', { check: 'worker-polling', node: null }, /preflight makes no such check/],
    ['a node that the cluster does not have', { check: 'host-swap', node: 'w-9' }, /^--ignore host-swap@w-9: the cluster has no node w-9$/],
  ] as const) {
    it(`of ${what} is refused by the planner, whoever sent it`, () => {
      const result = planUpgrade(spec({ ignore: [waiver] }), labCluster());
      assert.ok(!result.ok);
      assert.match(result.failures[0]?.message ?? '', message);
      assert.notEqual(result.failures[0]?.next, undefined);
    });
  }
});
