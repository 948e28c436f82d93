import type { Activities } from '../../../activities/index.ts';
import { NO_RESTORE } from '../../support/no-restore.ts';
import type { StepResult } from '../../../workflows/domain/step.ts';
import { atTarget } from '../../workflows/fake-cluster.ts';
import { clusterOf } from './bench-cluster.ts';

/** A step of a node or, with `node` null, of a cluster. */
export interface StepCall {
  readonly step: string;
  readonly cluster: string;
  readonly node: string | null;
}

/** Called before a step ends; it waits as long as the step shall take. */
export type StepHook = (call: StepCall) => Promise<void> | void;

interface StepInput {
  readonly upgrade: { readonly cluster: string };
  readonly node?: { readonly name: string };
}

/**
 * Activities that do nothing and say what real ones say: what is left is the engine's own cost.
 * They are over the clusters of `benchCluster`, told apart by the spec's name.
 */
export function instantActivities(hook: StepHook = () => undefined): Activities {
  /** Names by cluster: an upgrade that is resumed looks again at what is left to do. */
  const upgraded = new Map<string, Set<string>>();

  async function step(name: string, input: StepInput, note: string): Promise<StepResult> {
    const startedAt = new Date().toISOString();
    await hook({ step: name, cluster: input.upgrade.cluster, node: input.node?.name ?? null });
    return { startedAt, seconds: 0.012, busySeconds: 0.009, attempt: 1, changed: true, note };
  }

  return {
    ...NO_RESTORE,
    planUpgrade: async ({ spec }) => {
      await hook({ step: 'planUpgrade', cluster: spec.name, node: null });
      return { plan: atTarget(clusterOf(spec).plan, [...upgraded.get(spec.name) ?? []]) };
    },
    runPreflight: async ({ spec }) => {
      await hook({ step: 'runPreflight', cluster: spec.name, node: null });
      return { findings: [], startedAt: new Date().toISOString(), seconds: 0 };
    },
    describeCluster: async () => ({ clusterUid: '', serverVersion: '', etcdLeader: null, nodes: [], shapes: [], workloads: [], budgets: [], gaps: [] }),
    readLog: async () => ({ text: '', next: null }),
    findLeft: async () => ({ nodes: [], lock: null, temporal: null }),
    releaseLeft: async () => ({ startedAt: new Date().toISOString(), seconds: 0, busySeconds: 0, attempt: 1, changed: false, note: '0 nodes released' }),
    acquireLease: (input) => step('acquireLease', input, 'Lease kube-system/capstan-upgrade taken'),
    releaseLease: (input) => step('releaseLease', input, 'Lease kube-system/capstan-upgrade given back'),
    snapshotEtcd: async (input) => ({
      ...await step('snapshotEtcd', input, 'snapshot taken and verified'),
      node: input.members[0]?.name ?? '', file: '/var/lib/capstan/snapshots/bench.db', sha256: '0'.repeat(64), bytes: 1, revision: 1, takenAt: new Date().toISOString(),
    }),
    recordControlPlane: (input) => step('recordControlPlane', input, 'the way back is recorded'),
    observeEtcd: async ({ upgrade, members }) => {
      await hook({ step: 'observeEtcd', cluster: upgrade.cluster, node: null });
      return {
        kind: 'stacked', alarms: [],
        members: members.map(({ name }, at) => ({ id: `id-${name}`, name, node: name, version: '3.5.24', leader: at === 0, learner: false, healthy: true, dbSize: 1 })),
      };
    },
    stageNode: (input) => step('stageNode', input, 'kubeadm kubelet kubectl 1.34.4-1.1 and 3 images are on the host'),
    upgradeKubeadm: (input) => step('upgradeKubeadm', input, 'kubeadm 1.33.13-1.1 → 1.34.4-1.1'),
    upgradeEtcdMember: (input) => step('upgradeEtcdMember', input, 'etcd 3.5.24-0 → 3.6.4-0, member healthy'),
    upgradeControlPlane: async (input) => ({ ...await step('upgradeControlPlane', input, 'static pods at v1.34.4'), backups: [] }),
    rollbackNode: async (input) => ({ ...await step('rollbackNode', input, 'back at v1.33.13'), restartedAt: new Date().toISOString() }),
    cordonNode: (input) => step('cordonNode', input, 'cordoned'),
    drainNode: (input) => step('drainNode', input, '30 pods evicted'),
    upgradeKubelet: async (input) => {
      const result = await step('upgradeKubelet', input, 'kubelet and kubectl 1.33.13-1.1 → 1.34.4-1.1');
      const { cluster } = input.upgrade;
      upgraded.set(cluster, (upgraded.get(cluster) ?? new Set()).add(input.node.name));
      return { ...result, restartedAt: new Date().toISOString() };
    },
    waitNodeReady: (input) => step('waitNodeReady', input, 'Ready at v1.34.4'),
    uncordonNode: (input) => step('uncordonNode', input, 'uncordoned'),
    observeDrains: async ({ upgrade, nodes }) => {
      await hook({ step: 'observeDrains', cluster: upgrade.cluster, node: null });
      // Two of ten budgets on each node, none of them in the way.
      return { allowed: Array.from({ length: 10 }, () => 1_000), rows: nodes.map((_, at) => [36, at % 10, 3, (at + 5) % 10, 2]) };
    },
    taintNodes: (input) => step('taintNodes', input, `${input.nodes.length} nodes tainted`),
    releaseTaints: (input) => step('releaseTaints', input, 'no taint of ours is left'),
    upgradeAddon: (input) => step('upgradeAddon', input, `${input.addon.name} rolled out`),
    verifyCluster: (input) => step('verifyCluster', input, 'every node is at v1.34.4'),
  };
}
