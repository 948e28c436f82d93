import type { Node } from '../../activities/kubernetes/objects.ts';

export interface PlannedKube {
  getNode(name: string): Promise<Node | null>;
}

/** An API in which every node is the planned one: its UID is `uid-NAME`. */
export function openPlannedKube(change: Partial<PlannedKube> = {}): () => Promise<PlannedKube> {
  const kube: PlannedKube = {
    getNode: async (name) => ({ metadata: { name, uid: `uid-${name}`, resourceVersion: '1' }, spec: {}, status: { nodeInfo: { kubeletVersion: 'v1.33.13' } } }),
    ...change,
  };
  return async () => kube;
}
