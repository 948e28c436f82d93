import { fakeCluster, testPlan, testSpec } from './fake-cluster.ts';

const plan = testPlan(3, 2, 1);
const { activities } = fakeCluster(plan);
const spec = testSpec(2, 1);
const upgrade = { cluster: 'test', clusterUid: 'uid', id: 'test', workflowId: 'upgrade/test', access: spec.access };

/** Every activity whose answer is not that of a step, over a cluster of tests. */
export const reads = {
  planUpgrade: () => activities.planUpgrade({ spec }),
  runPreflight: () => activities.runPreflight({ spec, plan }),
  describeCluster: () => activities.describeCluster({ spec }),
  readLog: () => activities.readLog({ spec, upgrade: 'test', node: 'w1', step: 'upgradeKubelet', offset: 0 }),
  findLeft: () => activities.findLeft({ spec }),
  observeEtcd: () => activities.observeEtcd({ upgrade, members: plan.nodes }),
  observeDrains: () => activities.observeDrains({ upgrade, drain: spec.pools[0]?.drain ?? neverDrained(), nodes: ['w1'] }),
  planRestore: () => activities.planRestore({ spec, snapshot: null }),
};

function neverDrained(): never {
  throw new Error('the spec of tests has a pool');
}
