import type { Interception, ServedApi } from './api/serve.ts';
import type { TwinHosts } from './hosts/port.ts';
import type { Journal } from './journal.ts';

export interface ApiServersOptions {
  readonly api: ServedApi;
  readonly hosts: TwinHosts;
  /** Names of the control-plane nodes. */
  readonly controlPlanes: readonly string[];
  readonly journal: Journal;
}

/**
 * The API is what the hosts' API servers serve of their etcd: without any server nothing answers, and connections end; without a
 * majority of etcd's members nothing can be read or written. Returns how to take it away.
 */
export function serveFromHosts({ api, hosts, controlPlanes, journal }: ApiServersOptions): () => void {
  const machines = controlPlanes.map((name) => hosts.host(name).machine);
  const isServed = (): boolean => machines.some(({ apiServer }) => apiServer.pid !== 0);
  const answer = (): Interception | null => {
    if (!isServed()) return { kind: 'cut' };
    return hosts.etcd.hasQuorum() ? null : { kind: 'status', code: 500, message: 'etcdserver: request timed out' };
  };
  const ends = [
    api.intercept(answer),
    // Servers start and end as entries of the journal say.
    journal.subscribe(() => { if (!isServed()) api.cutConnections(); }),
  ];
  return () => { for (const end of ends) end(); };
}
