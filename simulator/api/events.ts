import type { ApiObject } from '../model.ts';
import { microTimestamp, timestamp } from './conditions.ts';
import type { Machinery } from './machinery.ts';

/** Writes an Event about an object; one that says the same again is counted up. */
export type RecordEvent = (about: ApiObject, type: 'Normal' | 'Warning', reason: string, message: string, component: string) => void;

/** The API keeps Events for an hour; the twin keeps this many. */
const KEPT = 1_000;

export function createEventRecorder({ store, clock }: Pick<Machinery, 'store' | 'clock'>): RecordEvent {
  const names: string[][] = [];
  let count = 0;
  return (about, type, reason, message, component) => {
    const namespace = about.metadata.namespace ?? 'default';
    const now = timestamp(clock.now());
    const name = `${about.metadata.name}.${about.metadata.uid?.slice(0, 8) ?? ''}.${reason.toLowerCase()}`;
    const known = store.get('events', namespace, name);
    if (known !== null) {
      store.put('events', { ...known, message, lastTimestamp: now, count: Number(known['count']) + 1 });
      return;
    }
    store.put('events', {
      apiVersion: 'v1', kind: 'Event',
      metadata: { name, namespace },
      involvedObject: { apiVersion: about.apiVersion, kind: about.kind, name: about.metadata.name, namespace: about.metadata.namespace, uid: about.metadata.uid, resourceVersion: about.metadata.resourceVersion },
      type, reason, message, count: 1, firstTimestamp: now, lastTimestamp: now, eventTime: microTimestamp(clock.now()),
      source: { component }, reportingComponent: component, reportingInstance: component,
    });
    names.push([namespace, name]);
    count += 1;
    if (count <= KEPT) return;
    const [oldNamespace = '', oldName = ''] = names.shift() ?? [];
    count -= 1;
    store.remove('events', oldNamespace, oldName);
  };
}
