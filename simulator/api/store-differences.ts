import type { ApiObject, StoreEvent } from '../model.ts';
import { keyOf } from './kinds.ts';

/** What differs between two moments, as whoever lists anew finds it: an object of the same name that is another one went, and came. */
export function differences(resource: string, before: readonly ApiObject[], after: readonly ApiObject[], version: number): readonly StoreEvent[] {
  const present = new Map(after.map((object) => [keyOf(object), object]));
  const known = new Map(before.map((object) => [keyOf(object), object]));
  const isSame = (one: ApiObject | undefined, other: ApiObject | undefined): boolean => one !== undefined && one.metadata.uid === other?.metadata.uid;
  const gone = before.filter((object) => !isSame(object, present.get(keyOf(object))));
  return [
    ...gone.map((object): StoreEvent => ({ type: 'DELETED', resource, object, version, previous: object, restored: true })),
    ...after.flatMap((object): readonly StoreEvent[] => {
      const previous = known.get(keyOf(object));
      if (previous === object) return [];
      return [{ resource, object, version, restored: true, ...(previous !== undefined && isSame(previous, object) ? { type: 'MODIFIED', previous } : { type: 'ADDED' }) }];
    }),
  ];
}
