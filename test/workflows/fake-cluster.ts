import { executedSpec } from '../../workflows/domain/executed-spec.ts';
import type { Activities } from '../../activities/index.ts';
import { NO_DRAIN_FACTS } from '../../workflows/domain/drain-facts.ts';
import type { DrainFacts } from '../../workflows/domain/drain-facts.ts';
import type { PlannedNode, UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import type { DrainStepInput, SnapshotResult, StepResult } from '../../workflows/domain/step.ts';
import { fakeRestore } from './fake-restore.ts';

/** Called before each step takes effect: throws to fail it, or waits for what the test wants to happen meanwhile. */
export type Behaviour = (step: string, node: string, call: number) => Promise<void> | void;

/** What drains of these nodes would meet. */
export type Drains = (nodes: readonly string[]) => DrainFacts;

/** Every step that took effect, as `step node`, in order. */
export interface FakeCluster {
  readonly activities: Activities;
  readonly journal: string[];
  /** Nodes cordoned by us now. */
  readonly cordoned: Set<string>;
  /** Input of every drain that began, in order. */
  readonly drains: DrainStepInput[];
  /** Greatest number of nodes cordoned at once. */
  readonly most: () => number;
  /** From now on a plan of the cluster is this one: what somebody did beside the upgrade. Throws for an API that is away. */
  readonly become: (change: (plan: UpgradePlan) => UpgradePlan) => void;
}

export function testSpec(workers: number, maxUnavailable: number): UpgradeSpec {
  return {
    name: 'test', driver: 'kubeadm', target: { version: 'v1.34.4' },
    access: {
      transport: 'ssh', kubeconfig: { file: '/kubeconfig' },
      ssh: { user: 'ops', port: 22, privateKey: { file: '/key' }, knownHosts: { file: '/known_hosts' }, bastion: null, become: 'sudo' },
    },
    nodes: [], exclude: [], etcd: { snapshot: { keep: 5 }, acceptOutage: false, backup: null }, staging: { width: 20 },
    pools: [{
      name: 'default', selector: null, maxUnavailable: Math.min(maxUnavailable, workers), maxUnavailablePerZone: null,
      drain: { enabled: true, timeoutSeconds: 900, gracePeriodSeconds: -1, deleteEmptyDir: false, deleteBarePods: false, podSelector: null },
    }],
    packages: { repository: null }, kubeadm: { certificateRenewal: true, ignorePreflightErrors: [], componentConfigs: null, patches: null }, addons: [],
  };
}

export function testPlan(controlPlanes: number, workers: number, maxUnavailable: number): UpgradePlan {
  const controlPlane = Array.from({ length: controlPlanes }, (_, index) => plannedNode(`cp${index + 1}`, index === 0));
  const pool = Array.from({ length: workers }, (_, index) => plannedNode(`w${index + 1}`, false));
  return {
    cluster: 'test', clusterUid: 'uid', driver: 'kubeadm', from: 'v1.33.13', to: 'v1.34.4', hops: [{ from: 'v1.33.13', to: 'v1.34.4' }],
    phases: [
      { phase: 'control-plane', hop: 0, maxUnavailable: 1, groups: controlPlane.map((node) => [node.name]) },
      { phase: 'workers', hop: 0, pool: 'default', maxUnavailable, groups: [pool.map((node) => node.name)] },
    ],
    nodes: [...controlPlane, ...pool], etcd: { kind: 'stacked', members: controlPlanes, outage: false }, changes: true, notes: [],
    imageRepository: null, spec: executedSpec(testSpec(workers, maxUnavailable)), files: [], hash: 'hash',
  };
}

function plannedNode(name: string, first: boolean): PlannedNode {
  const controlPlane = name.startsWith('cp');
  return {
    name, uid: `uid-${name}`, machineId: null, systemUuid: null, roles: controlPlane ? ['etcd', 'control-plane'] : ['worker'], address: '127.0.0.1', port: 22,
    pool: controlPlane ? null : 'default', zone: null, from: 'v1.33.13', to: 'v1.34.4', first, cordoned: false, changes: true,
  };
}

/** Activities over a cluster that exists only as a journal. `leader` is the node whose etcd member leads. */
export function fakeCluster(plan: UpgradePlan, behave: Behaviour = () => undefined, leader = 'cp1', drains: Drains = () => NO_DRAIN_FACTS): FakeCluster {
  const journal: string[] = [];
  const cordoned = new Set<string>();
  const drained: DrainStepInput[] = [];
  const calls = new Map<string, number>();
  let most = 0;
  let reality: (plan: UpgradePlan) => UpgradePlan = (same) => same;

  async function effect(step: string, node = 'cluster'): Promise<StepResult> {
    const key = `${step} ${node}`;
    const call = (calls.get(key) ?? 0) + 1;
    calls.set(key, call);
    // A drain cordons before it waits.
    if (step === 'drainNode') cordoned.add(node);
    most = Math.max(most, cordoned.size);
    await behave(step, node, call);
    journal.push(key);
    if (step === 'cordonNode') cordoned.add(node);
    if (step === 'uncordonNode') cordoned.delete(node);
    most = Math.max(most, cordoned.size);
    return { startedAt: new Date().toISOString(), seconds: 0, busySeconds: 0, attempt: 1, changed: true, note: '' };
  }

  const activities: Activities = {
    ...fakeRestore(plan, journal, effect),
    planUpgrade: async () => ({ plan: reality(leftOf(plan, journal)) }),
    runPreflight: async ({ rehearse }) => ({ findings: rehearse === undefined ? [] : [{ check: 'drains-end', severity: 'warn', node: null, message: `rehearsed: ${rehearse}`, next: null }], startedAt: new Date().toISOString(), seconds: 0 }),
    describeCluster: async () => ({ clusterUid: '', serverVersion: '', etcdLeader: null, nodes: [], shapes: [], workloads: [], budgets: [], gaps: [] }),
    readLog: async ({ offset }) => ({ text: `page at ${offset}\n`, next: offset < 2 ? offset + 1 : null }),
    findLeft: async () => ({ nodes: [], lock: null, temporal: null }),
    releaseLeft: () => effect('releaseLeft'),
    acquireLease: () => effect('acquireLease'),
    releaseLease: () => effect('releaseLease'),
    snapshotEtcd: async ({ upgrade }) => ({ ...(await effect('snapshotEtcd')), ...SNAPSHOT, file: `/snapshots/${upgrade.id}.db` }),
    recordControlPlane: () => effect('recordControlPlane'),
    observeEtcd: async () => ({
      kind: 'stacked', alarms: [],
      members: plan.nodes.filter((node) => node.roles.includes('etcd')).map((node) => ({
        id: node.name, name: node.name, node: node.name, version: '3.5.24', leader: node.name === leader, learner: false, healthy: true, dbSize: 1,
      })),
    }),
    stageNode: ({ node }) => effect('stageNode', node.name),
    upgradeKubeadm: ({ node }) => effect('upgradeKubeadm', node.name),
    upgradeEtcdMember: ({ node }) => effect('upgradeEtcdMember', node.name),
    upgradeControlPlane: async ({ node }) => ({ ...(await effect(node.first ? 'apply' : 'node', node.name)), backups: [] }),
    cordonNode: ({ node }) => effect('cordonNode', node.name),
    drainNode: (input) => {
      drained.push(input);
      return effect('drainNode', input.node.name);
    },
    upgradeKubelet: async ({ node }) => ({ ...(await effect('upgradeKubelet', node.name)), restartedAt: new Date().toISOString() }),
    rollbackNode: async ({ node }) => ({ ...(await effect('rollbackNode', node.name)), restartedAt: new Date().toISOString() }),
    waitNodeReady: ({ node }) => effect('waitNodeReady', node.name),
    uncordonNode: ({ node }) => effect('uncordonNode', node.name),
    observeDrains: async ({ nodes }) => drains(nodes),
    taintNodes: () => effect('taintNodes'),
    releaseTaints: () => effect('releaseTaints'),
    upgradeAddon: ({ addon }) => effect('upgradeAddon', addon.name),
    verifyCluster: () => effect('verifyCluster'),
  };
  return { activities, journal, cordoned, drains: drained, most: () => most, become: (change) => { reality = change; } };
}

/** The plan of what the journal has left to do, as the planner would make it. */
function leftOf(plan: UpgradePlan, journal: readonly string[]): UpgradePlan {
  const upgraded = (name: string): boolean => journal.lastIndexOf(`upgradeKubelet ${name}`) > journal.lastIndexOf(`rollbackNode ${name}`);
  return journal.length === 0 ? plan : atTarget(plan, plan.nodes.filter(({ name }) => upgraded(name)).map(({ name }) => name));
}

/** The plan once these nodes are at the target, whoever did that. */
export function atTarget(plan: UpgradePlan, names: readonly string[]): UpgradePlan {
  return {
    ...plan, nodes: plan.nodes.map((node) => (names.includes(node.name) ? { ...node, from: node.to, changes: false } : node)),
    phases: plan.phases.map((phase) => ({ ...phase, groups: phase.groups.map((group) => group.filter((name) => !names.includes(name))) })),
  };
}

/** The plan without these nodes. */
export function withoutNodes(plan: UpgradePlan, names: readonly string[]): UpgradePlan {
  return { ...atTarget(plan, names), nodes: plan.nodes.filter(({ name }) => !names.includes(name)) };
}

/** The plan with another node that is still to be upgraded: of the pool `default`, or of the control plane where its name begins with cp. */
export function withNode(plan: UpgradePlan, name: string): UpgradePlan {
  const node = plannedNode(name, false);
  return {
    ...plan, nodes: [...plan.nodes, node],
    phases: plan.phases.map((phase) => (phase.pool === node.pool ? { ...phase, groups: [[...phase.groups.flat(), name]] } : phase)),
  };
}

const SNAPSHOT: Omit<SnapshotResult, keyof StepResult> = {
  node: 'cp2', file: '/snapshots/test.db', sha256: '0'.repeat(64), bytes: 1, revision: 1, takenAt: '2026-11-21T00:00:00.000Z',
};
