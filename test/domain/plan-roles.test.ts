import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NodeObservation, Observation } from '../../workflows/domain/observation.ts';
import { planUpgrade } from '../../workflows/domain/plan-upgrade.ts';
import { cluster, controlPlane, NEW, spec, withoutMember, worker } from './cluster.ts';

const EXTERNAL = { etcd: { kind: 'external', members: [], alarms: [] } } as const;
const three = [controlPlane('cp-1'), controlPlane('cp-2'), controlPlane('cp-3')];

function planned(observation: Observation) {
  const result = planUpgrade(spec(), observation);
  assert.ok(result.ok, result.ok ? '' : result.failures.map(({ message }) => message).join('\n'));
  return result.plan;
}

function lost(node: NodeObservation): NodeObservation {
  return { ...node, isLabelled: false };
}

describe('roles come from static pods', () => {
  it('so that nodes without the label are upgraded as control plane, one at a time, and are told', () => {
    const plan = planned(cluster([controlPlane('cp-1'), lost(controlPlane('cp-2')), lost(controlPlane('cp-3')), worker('w-1'), worker('w-2')]));
    assert.deepEqual(plan.phases.map(({ phase, groups }) => [phase, groups]), [['control-plane', [['cp-2'], ['cp-3'], ['cp-1']]], ['workers', [['w-1', 'w-2']]]]);
    assert.ok(plan.notes.includes('cp-2, cp-3 run the control plane without its label: upgraded as control plane. Put the label back with `kubectl label nodes cp-2 cp-3 node-role.kubernetes.io/control-plane=`.'));
  });

  it('also of a cluster in which no node has the label', () => {
    assert.deepEqual(planned(cluster(three.map(lost))).phases.map(({ phase }) => phase), ['control-plane']);
  });

  const refusals: readonly (readonly [string, Observation, RegExp])[] = [
    ['a node that only carries the label', cluster([...three, worker('w-1', { isLabelled: true, roles: ['control-plane'] })]), /^w-1 carries the label .*no static pod kube-apiserver/],
    ['a labelled node that runs etcd alone', cluster([...three, controlPlane('cp-4', { staticPods: ['etcd'], controlPlaneVersion: null })]), /^cp-4 carries the label .*no static pod kube-apiserver/],
    ['etcd without a control plane', cluster([...three, worker('e-1', { roles: ['etcd'], staticPods: ['etcd'] })]), /^e-1 runs etcd as a static pod and no API server/],
    ['a local etcd that shows no member at all', cluster([withoutMember('cp-1')]), /etcd runs on the control-plane nodes, and cp-1 shows no static pod etcd/],
    ['a control plane of which some nodes have a member', cluster([controlPlane('cp-1'), controlPlane('cp-2'), withoutMember('cp-3')]), /cp-3 shows no static pod etcd in kube-system \(cp-1, cp-2 do\)/],
    ['external etcd beside a static pod of it', cluster(three, EXTERNAL), /etcd is external, and cp-1, cp-2, cp-3 run a static pod etcd/],
  ];
  for (const [because, observation, says] of refusals) {
    it(`and refuse ${because}`, () => {
      const result = planUpgrade(spec(), observation);
      assert.ok(!result.ok);
      const failure = result.failures.find(({ message }) => says.test(message));
      assert.ok(failure, JSON.stringify(result.failures));
      assert.equal(failure.type, 'PlanRefused');
      assert.ok((failure.next ?? '').length > 20);
    });
  }

  it('and members are not asked for where the control plane is done: only workers are left', () => {
    const done = three.map((node) => ({ ...node, kubeletVersion: NEW, controlPlaneVersion: NEW }));
    const blurred = done.map((node) => (node.name === 'cp-3' ? withoutMember('cp-3', { kubeletVersion: NEW, controlPlaneVersion: NEW }) : node));
    assert.deepEqual(planned(cluster([...blurred, worker('w-1')], { serverVersion: NEW, kubeadmVersion: NEW })).phases.map(({ phase }) => phase), ['workers']);
  });
});
