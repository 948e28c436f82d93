import type { DrainSpec } from '../../workflows/domain/spec.ts';
import type { PlannedNode } from '../../workflows/domain/plan.ts';
import type { CordonInput, UpgradeRef } from '../../workflows/domain/step.ts';
import type { FakeApi, FakeObject } from './fake-api.ts';

export const DRAIN: DrainSpec = { enabled: true, timeoutSeconds: 20, gracePeriodSeconds: -1, deleteEmptyDir: false, deleteBarePods: false, podSelector: null };

export interface FakeNodeOptions {
  readonly controlPlane?: boolean;
  readonly version?: string;
  readonly ready?: 'True' | 'False' | 'Unknown';
  readonly heartbeat?: string;
  readonly unschedulable?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

export function fakeNode(name: string, options: FakeNodeOptions = {}): FakeObject {
  const role = options.controlPlane === true ? { 'node-role.kubernetes.io/control-plane': '' } : {};
  return {
    apiVersion: 'v1', kind: 'Node',
    metadata: { name, uid: `uid-${name}`, labels: { 'kubernetes.io/hostname': name, ...role, ...options.labels }, annotations: { ...options.annotations } },
    spec: options.unschedulable === true ? { unschedulable: true } : {},
    status: {
      nodeInfo: { kubeletVersion: options.version ?? 'v1.33.13' },
      addresses: [{ type: 'Hostname', address: name }, { type: 'InternalIP', address: `10.0.0.${name.length}` }],
      conditions: [{ type: 'Ready', status: options.ready ?? 'True', lastHeartbeatTime: options.heartbeat ?? '2026-11-21T00:00:00Z', message: 'kubelet is posting ready status' }],
    },
  };
}

export interface FakePodOptions {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly controller?: 'ReplicaSet' | 'DaemonSet' | 'Job' | null;
  readonly mirror?: boolean;
  readonly phase?: string;
  readonly emptyDir?: boolean;
  readonly ready?: boolean;
  readonly image?: string;
  readonly priorityClassName?: string;
}

export function fakePod(name: string, node: string, options: FakePodOptions = {}): FakeObject {
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: {
      name, namespace: options.namespace ?? 'default', labels: { ...options.labels },
      annotations: options.mirror === true ? { 'kubernetes.io/config.mirror': 'hash' } : {},
      ownerReferences: ownersOf(node, options),
    },
    spec: {
      nodeName: node, containers: [{ name: 'main', image: options.image ?? 'web:1' }], ...(options.mirror === true ? {} : { serviceAccountName: 'default' }), volumes: options.emptyDir === true ? [{ name: 'cache', emptyDir: {} }] : [],
      ...(options.priorityClassName === undefined ? {} : { priorityClassName: options.priorityClassName }),
    },
    status: { phase: options.phase ?? 'Running', conditions: [{ type: 'Ready', status: options.ready === false ? 'False' : 'True' }] },
  };
}

/** The kubelet owns a mirror pod by its node. */
function ownersOf(node: string, { mirror, controller }: FakePodOptions): readonly object[] {
  if (mirror === true) return [{ apiVersion: 'v1', kind: 'Node', name: node, uid: `uid-${node}`, controller: true }];
  return controller === null ? [] : [{ kind: controller ?? 'ReplicaSet', name: 'owner', uid: 'owner', controller: true }];
}

export function fakeBudget(name: string, app: string, disruptionsAllowed: number): FakeObject {
  return {
    apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name, namespace: 'default' },
    spec: { selector: { matchLabels: { app } }, maxUnavailable: 1 },
    status: { disruptionsAllowed, currentHealthy: 5, desiredHealthy: 5, expectedPods: 6 },
  };
}

export function upgradeRef(api: FakeApi, id = 'u1'): UpgradeRef {
  return { cluster: 'lab', clusterUid: 'uid-cluster', id, workflowId: 'upgrade/lab', access: api.access };
}

export function plannedNode(name: string, change: Partial<PlannedNode> = {}): PlannedNode {
  return { name, uid: `uid-${name}`, machineId: null, systemUuid: null, roles: ['worker'], address: name, port: 22, pool: 'default', zone: null, from: 'v1.33.13', to: 'v1.34.4', first: false, cordoned: false, changes: true, ...change };
}

export function nodeStep(api: FakeApi, name: string, change: Partial<PlannedNode> = {}): CordonInput {
  return { upgrade: upgradeRef(api), node: plannedNode(name, change), retry: 0, epochMs: 1, maxUnavailable: 1 };
}
