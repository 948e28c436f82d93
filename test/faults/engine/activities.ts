import { createActivities } from '../../../activities/create-activities.ts';
import { createSshHosts } from '../../../activities/hosts/ssh-hosts.ts';
import type { Activities } from '../../../activities/index.ts';
import { createOpenKube } from '../../../activities/kubernetes/open-kube.ts';
import { createNodeActivities } from '../../../activities/nodes/node-activities.ts';
import type { ActivityPorts } from '../../../activities/create-activities.ts';

/** A node that is never Ready, or never gets its turn, is held after this instead of after minutes; a twin's node settles at once. */
const LIMITS = { gateTimeoutMs: 20_000, readyTimeoutMs: 15_000, settleMs: 500 } as const;

export interface OpenedActivities {
  readonly activities: Activities;
  readonly ports: ActivityPorts;
  close(): void;
}

/** The real activities over the real ports, with a clock of the test's own. */
export function openActivities(stateDir: string, now: () => number, change: (ports: ActivityPorts) => ActivityPorts = (ports) => ports): OpenedActivities {
  const hosts = createSshHosts();
  const ports = change({ openKube: createOpenKube(), openHosts: hosts.openHosts, now, stateDir });
  const { openKube } = ports;
  return { activities: { ...createActivities(ports), ...createNodeActivities({ openKube, now, ...LIMITS }) }, ports, close: hosts.close };
}
