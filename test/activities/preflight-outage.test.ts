import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { createRunPreflight } from '../../activities/preflight/run-preflight.ts';
import { hashPlan } from '../../workflows/domain/hash-plan.ts';
import { planUpgrade } from '../../workflows/domain/plan-upgrade.ts';
import { cluster, controlPlane, spec, worker } from '../domain/cluster.ts';
import { failure, startFakeApi } from '../support/fake-api.ts';
import { fakeNode } from '../support/fake-objects.ts';
import { runActivity } from '../support/run-activity.ts';

describe('preflight', { timeout: 60_000 }, () => {
  it('asks again where an API server fails for a moment: that alone stops no upgrade', async () => {
    const api = await startFakeApi();
    try {
      for (const name of ['cp1', 'w1', 'w2']) api.put('nodes', fakeNode(name));
      for (const [name, key] of [['kubeadm-config', 'ClusterConfiguration'], ['kubelet-config', 'kubelet']] as const) {
        api.put('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'kube-system', name }, data: { [key]: `kind: ${key}\n` } });
      }
      const observation = cluster([controlPlane('cp1'), worker('w1'), worker('w2')]);
      const own = { ...spec({ etcd: { snapshot: { keep: 5 }, acceptOutage: true, backup: null } }), access: api.access };
      const planned = planUpgrade(own, observation);
      assert.ok(planned.ok);
      let failures = 0;
      api.intercept(({ path }) => {
        if (path !== '/api/v1/nodes' || failures > 0) return null;
        failures += 1;
        return failure(503, 'ServiceUnavailable', 'the server is currently unable to handle the request');
      });
      const runPreflight = createRunPreflight({
        openKube: createOpenKube(), now: Date.now, observeCluster: async () => observation,
        openHosts: async () => { throw new Error('hosts are not asked here'); },
      });
      const { findings } = await runActivity(runPreflight, { spec: own, plan: hashPlan(planned.plan) }).result;

      assert.equal(failures, 1);
      assert.deepEqual(findings.filter(({ check }) => check === 'cluster-checks'), []);
      assert.ok(findings.some(({ check }) => check === 'api-ready'));
    } finally {
      await api.stop();
    }
  });

  it('goes by the waivers of its plan: what they name is told and does not block, and nothing else', async () => {
    const api = await startFakeApi();
    try {
      for (const name of ['cp1', 'w1', 'w2']) api.put('nodes', fakeNode(name, { ready: 'False' }));
      const observation = cluster([controlPlane('cp1'), worker('w1'), worker('w2')]);
      const own = { ...spec({ etcd: { snapshot: { keep: 5 }, acceptOutage: true, backup: null }, ignore: [{ check: 'nodes-ready', node: 'w1' }] }), access: api.access };
      const planned = planUpgrade(own, observation);
      assert.ok(planned.ok);
      const runPreflight = createRunPreflight({ openKube: createOpenKube(), now: Date.now, observeCluster: async () => observation, openHosts: async () => { throw new Error('hosts are not asked here'); } });
      const { findings } = await runActivity(runPreflight, { spec: own, plan: hashPlan(planned.plan) }).result;

      assert.deepEqual(findings.filter(({ check }) => check === 'nodes-ready').map(({ node, severity }) => `${node ?? ''} ${severity}`).toSorted(), ['cp1 block', 'w1 warn', 'w2 block']);
      assert.match(findings.find(({ node, severity }) => node === 'w1' && severity === 'warn')?.message ?? '', /\(ignored by --ignore nodes-ready@w1\)$/);
    } finally {
      await api.stop();
    }
  });
});
