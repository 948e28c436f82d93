import { createActivities } from '../activities/create-activities.ts';
import { createSshHosts } from '../activities/hosts/ssh-hosts.ts';
import type { Activities } from '../activities/index.ts';
import { createOpenKube } from '../activities/kubernetes/open-kube.ts';
import type { Configuration } from './config.ts';

export interface Composition {
  readonly activities: Activities;
  /** Ends every connection. What runs on hosts goes on. */
  close(): void;
}

/** The composition root: ports of the real world, and the activities over them. */
/** @param temporal Identity of the Temporal that the worker polls; null where it is not known. */
export function compose(configuration: Configuration, temporal: string | null): Composition {
  const hosts = createSshHosts();
  const activities = createActivities({
    openKube: createOpenKube(), openHosts: hosts.openHosts, now: Date.now, stateDir: configuration.stateFolder, temporal,
    // Loaded when a plan is asked for: a worker that only upgrades does without it.
    rehearse: async (input) => (await import('../simulator/rehearse/main.ts')).rehearseDrains(input),
  });
  return { activities, close: hosts.close };
}
