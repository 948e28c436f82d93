import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Observation } from '../../workflows/domain/observation.ts';
import { planUpgrade } from '../../workflows/domain/plan-upgrade.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { cluster, controlPlane, labCluster, NEW, OLD, pool, spec, withoutMember, worker } from './cluster.ts';

interface Refusal {
  readonly because: string;
  readonly written?: Partial<UpgradeSpec>;
  readonly observed?: Observation;
  readonly type: 'SpecInvalid' | 'PlanRefused';
  readonly says: RegExp;
  readonly path?: string;
}

const three = [controlPlane('cp-1'), controlPlane('cp-2'), controlPlane('cp-3')];
const upgraded = three.map((node) => ({ ...node, kubeletVersion: 'v1.35.1', controlPlaneVersion: 'v1.35.1' }));

const refusals: readonly Refusal[] = [
  { because: 'the target skips a minor', written: { target: { version: 'v1.35.0' } }, type: 'PlanRefused', says: /skips the minor 1\.34/, path: 'spec.target.version' },
  { because: 'the target is a downgrade', observed: cluster(upgraded, { serverVersion: 'v1.35.1', kubeadmVersion: 'v1.35.1' }), type: 'PlanRefused', says: /v1\.35\.1, which is newer than the target/, path: 'spec.target.version' },
  { because: 'one kubelet is newer than the target', observed: cluster([...three, worker('w-1', { kubeletVersion: 'v1.34.9' })]), type: 'PlanRefused', says: /the kubelet of w-1 is at v1\.34\.9, which is newer/, path: 'spec.target.version' },
  { because: 'kubeadm-config is newer than the target', observed: cluster(three, { kubeadmVersion: 'v1.34.9' }), type: 'PlanRefused', says: /kubeadm-config is at v1\.34\.9/, path: 'spec.target.version' },
  { because: 'a kubelet is newer than its API server', observed: cluster([...three, worker('w-1', { kubeletVersion: NEW })]), type: 'PlanRefused', says: /kubelet of w-1 is at v1\.34\.4, which breaks the version skew policy now/ },
  { because: 'a kubelet would be too old for the upgraded control plane', observed: cluster([...three, worker('w-1', { kubeletVersion: 'v1.30.2' })]), type: 'PlanRefused', says: /kubelet of w-1 is at v1\.30\.2, which breaks the version skew policy once the control plane is upgraded/ },
  { because: 'the cluster has no control-plane node', observed: cluster([worker('w-1'), worker('w-2')]), type: 'PlanRefused', says: /no node of the cluster runs kube-apiserver as a static pod/ },
  { because: 'the cluster was not made by kubeadm', observed: cluster(three, { kubeadmVersion: null }), type: 'PlanRefused', says: /kubeadm-config/ },
  { because: 'a version cannot be read', observed: cluster([...three, worker('w-1', { kubeletVersion: 'broken' })]), type: 'PlanRefused', says: /w-1 is at broken/ },
  { because: 'a node of the spec is not in the cluster', written: { nodes: [{ name: 'w-9', address: null, port: null }] }, type: 'SpecInvalid', says: /the cluster has no node w-9; its nodes are cp-1/, path: 'spec.nodes[0].name' },
  { because: 'a node of the spec has the address of another', written: { nodes: [{ name: 'w-1', address: 'CP-1.example', port: null }] }, type: 'SpecInvalid', says: /cp-1 and w-1 have one address, CP-1\.example:22|cp-1 and w-1 have one address/, path: 'spec.nodes[0].address' },
  { because: 'the API lists two nodes with one address', observed: cluster([...three, worker('w-1', { address: '192.0.2.1' }), worker('w-2', { address: '192.0.2.1' })]), type: 'SpecInvalid', says: /w-1 and w-2 have one address, 192\.0\.2\.1:22/, path: 'spec.nodes' },
  { because: 'maxUnavailable is not below the total', written: { pools: [pool('default', 2)] }, type: 'SpecInvalid', says: /2 is not below the total: the pool has 2 nodes/, path: 'spec.pools[0].maxUnavailable' },
  { because: 'maxUnavailable is 0', written: { pools: [pool('default', 0)] }, type: 'SpecInvalid', says: /let no node/, path: 'spec.pools[0].maxUnavailable' },
  { because: 'maxUnavailable is 100 %', written: { pools: [pool('default', '100%')] }, type: 'SpecInvalid', says: /whole pool/, path: 'spec.pools[0].maxUnavailable' },
  { because: 'no pool takes a worker', written: { pools: [pool('gpu', 1, { pool: 'gpu' })] }, type: 'SpecInvalid', says: /w-1 fits the selector of no pool/, path: 'spec.pools' },
  { because: 'etcd has one member', observed: cluster([controlPlane('cp-1')]), type: 'SpecInvalid', says: /1 member and loses quorum/, path: 'spec.etcd.acceptOutage' },
  { because: 'etcd has two members', observed: cluster(three.slice(0, 2)), type: 'SpecInvalid', says: /2 members and loses quorum/, path: 'spec.etcd.acceptOutage' },
  { because: 'etcd is external and the spec names no backup of it', observed: cluster([withoutMember('cp-1')], { etcd: { kind: 'external', members: [], alarms: [] } }), type: 'SpecInvalid', says: /etcd is external, so no snapshot of it is taken, and the spec names no backup/, path: 'spec.etcd.backup' },
  { because: 'the members of etcd were not asked, and one node carries one', observed: cluster([controlPlane('cp-1')], { etcd: { kind: 'stacked', members: [], alarms: [] } }), type: 'SpecInvalid', says: /1 member/, path: 'spec.etcd.acceptOutage' },
];

describe('an upgrade is refused', () => {
  for (const { because, written = {}, observed = labCluster(), type, says, path } of refusals) {
    it(`where ${because}`, () => {
      const result = planUpgrade(spec(written), observed);
      assert.ok(!result.ok);
      const failure = result.failures.find(({ message }) => says.test(message));
      assert.ok(failure, JSON.stringify(result.failures));
      assert.equal(failure.type, type);
      assert.equal(failure.path, path);
      if (path !== undefined) assert.ok(failure.message.startsWith(`${path}: `), failure.message);
      assert.ok((failure.next ?? '').length > 0);
    });
  }

  it('with all its reasons at once', () => {
    const written = spec({ target: { version: 'v1.36.0' }, pools: [pool('default', 9)], nodes: [{ name: 'nobody', address: null, port: null }] });
    const result = planUpgrade(written, cluster([controlPlane('cp-1'), worker('w-1'), worker('w-2')]));
    assert.ok(!result.ok);
    assert.deepEqual(result.failures.map(({ path }) => path), ['spec.target.version', 'spec.nodes[0].name', 'spec.pools[0].maxUnavailable', 'spec.etcd.acceptOutage']);
  });

  it('for one reason, not for its consequences', () => {
    const result = planUpgrade(spec(), cluster(upgraded, { serverVersion: 'v1.35.1', kubeadmVersion: 'v1.35.1' }));
    assert.ok(!result.ok);
    assert.equal(result.failures.length, 1);
  });

  it('never at the version that runs, however small etcd is', () => {
    const result = planUpgrade(spec({ target: { version: OLD } }), cluster([controlPlane('cp-1'), worker('w-1')]));
    assert.ok(result.ok);
    assert.equal(result.plan.changes, false);
    assert.equal(result.plan.etcd.outage, false);
  });
});
