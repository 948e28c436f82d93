import type { Lease, Node, Pod } from '../../../activities/kubernetes/objects.ts';
import { readinessProblems } from '../../../activities/nodes/readiness.ts';
import { certain } from '../../../simulator/rehearse/run/world.ts';
import type { Twin } from '../../../simulator/twin.ts';

/** How long nothing may be wrong before a node counts as Ready, as `activities/nodes/wait-node-ready.ts` has it. */
const SETTLE_MS = 2_000;

/**
 * Watches the twin's own events for the moment in which each node was Ready at the target for the settle time, and for its uncordon.
 * @returns Seconds between the two, filled in as nodes come back.
 */
export function watchReadyTimes({ model, description }: Twin): readonly number[] {
  const version = description.target;
  const goodSince = new Map<string, number>();
  const times: number[] = [];
  model.store.subscribe(({ resource, object }) => {
    const name = nodeOf(resource, object);
    if (name === null) return;
    const stored = model.store.get('nodes', null, name);
    if (stored === null) return;
    const node = certain<Node>(stored);
    if (node.spec.unschedulable !== true) {
      const since = goodSince.get(name);
      goodSince.delete(name);
      if (since !== undefined && resource === 'nodes') times.push((performance.now() - since - SETTLE_MS) / 1000);
      return;
    }
    const lease = model.store.get('leases', 'kube-node-lease', name);
    const pods = model.store.list('pods').map((pod) => certain<Pod>(pod)).filter((pod) => pod.spec.nodeName === name);
    const isGood = readinessProblems({ node, lease: lease === null ? null : certain<Lease>(lease), pods, version, restartedAt: null }).length === 0;
    if (!isGood) goodSince.delete(name);
    else if (!goodSince.has(name)) goodSince.set(name, performance.now());
  });
  return times;
}

function nodeOf(resource: string, object: { readonly metadata: { readonly name: string }; readonly [field: string]: unknown }): string | null {
  if (resource === 'nodes' || resource === 'leases') return object.metadata.name;
  if (resource !== 'pods') return null;
  const spec = object['spec'];
  const name: unknown = typeof spec === 'object' && spec !== null ? Reflect.get(spec, 'nodeName') : null;
  return typeof name === 'string' ? name : null;
}
