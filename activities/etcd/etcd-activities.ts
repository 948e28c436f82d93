import type { EtcdObservation } from '../../workflows/domain/observation.ts';
import type { PlannedNode } from '../../workflows/domain/plan.ts';
import type { UpgradeRef } from '../../workflows/domain/step.ts';
import { currentActivity, whileBeating } from '../activity-context.ts';
import { hostOf } from '../durable-step.ts';
import { readEtcd } from './read-etcd.ts';
import { createSnapshotEtcd } from './snapshot-etcd.ts';
import type { SnapshotOptions } from './snapshot-etcd.ts';

/** Activities that ask etcd or copy it. */
export function createEtcdActivities(options: SnapshotOptions) {
  return {
    snapshotEtcd: createSnapshotEtcd(options),
    async observeEtcd(input: { readonly upgrade: UpgradeRef; readonly members: readonly PlannedNode[] }): Promise<EtcdObservation> {
      const hosts = await options.openHosts(input.upgrade.access);
      return whileBeating(() => 'asking etcd', () => readEtcd(hosts, input.members.map(hostOf), currentActivity().signal));
    },
  };
}
