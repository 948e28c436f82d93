import type { Clock } from './activity-context.ts';
import { createUpgradeAddon } from './addons/upgrade-addon.ts';
import { createDescribeCluster } from './dump/describe-cluster.ts';
import { createEtcdActivities } from './etcd/etcd-activities.ts';
import { readEtcd } from './etcd/read-etcd.ts';
import type { OpenHosts } from './hosts/port.ts';
import type { Activities } from './index.ts';
import { createKubeadmActivities } from './kubeadm/kubeadm-activities.ts';
import type { OpenKube } from './kubernetes/port.ts';
import { createLeaseActivities } from './lease/lease-activities.ts';
import { createReadLog } from './logs/read-log.ts';
import { createNodeActivities } from './nodes/node-activities.ts';
import { createObserveCluster } from './observe/observe-cluster.ts';
import { createPackageActivities } from './packages/package-activities.ts';
import { createPlanUpgrade } from './plan/plan-upgrade.ts';
import type { RehearseDrains } from './preflight/rehearsed-drains.ts';
import { createRunPreflight } from './preflight/run-preflight.ts';
import { createReleaseActivities } from './release/release-activities.ts';
import { createRestoreActivities } from './restore/restore-activities.ts';
import { createVerifyCluster } from './verify/verify-cluster.ts';

/** What the activities need of the world. */
export interface ActivityPorts {
  readonly openKube: OpenKube;
  readonly openHosts: OpenHosts;
  /** Milliseconds since the epoch. */
  readonly now: Clock;
  /** Folder on the worker's machine for what it keeps, such as etcd snapshots. */
  readonly stateDir: string;
  /** Identity of the Temporal that runs the activities, which locks and marks carry. Default: unknown. */
  readonly temporal?: string | null;
  /** Absent: drains are not rehearsed. */
  readonly rehearse?: RehearseDrains;
}

/** All activities over their ports: the one place where they are put together. */
export function createActivities(ports: ActivityPorts): Activities {
  const { openKube, openHosts, now, temporal = null } = ports;
  const observeCluster = createObserveCluster({ openKube, openHosts, readEtcd });
  const describeCluster = createDescribeCluster({ openKube, observeCluster });
  const drains = ports.rehearse === undefined ? {} : { drains: { describeCluster, rehearse: ports.rehearse } };
  return {
    planUpgrade: createPlanUpgrade(observeCluster),
    runPreflight: createRunPreflight({ openKube, openHosts, observeCluster, now, stateDir: ports.stateDir, ...drains }),
    describeCluster,
    readLog: createReadLog({ openKube, openHosts }),
    ...createReleaseActivities({ openKube, now, temporal }),
    ...createLeaseActivities({ openKube, now, temporal }),
    ...createEtcdActivities(ports),
    ...createPackageActivities(ports),
    ...createKubeadmActivities(ports),
    ...createNodeActivities({ openKube, now, temporal }),
    ...createRestoreActivities(ports),
    upgradeAddon: createUpgradeAddon({ openKube, now }),
    verifyCluster: createVerifyCluster({ openKube, openHosts, readEtcd, now }),
  };
}
