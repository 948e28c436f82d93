import type { Twin } from '../../../simulator/twin.ts';

/** Milliseconds of this machine's time for which each node was cordoned, as the twin's own events tell; filled in as nodes come back. */
export function watchDownTimes({ model }: Twin): ReadonlyMap<string, number> {
  const since = new Map<string, number>();
  const times = new Map<string, number>();
  model.store.subscribe(({ resource, object }) => {
    if (resource !== 'nodes') return;
    const { name } = object.metadata;
    const spec: unknown = object['spec'];
    const isCordoned = typeof spec === 'object' && spec !== null && Reflect.get(spec, 'unschedulable') === true;
    const sinceMs = since.get(name);
    if (isCordoned && sinceMs === undefined) since.set(name, performance.now());
    if (isCordoned || sinceMs === undefined) return;
    since.delete(name);
    times.set(name, performance.now() - sinceMs);
  });
  return times;
}
