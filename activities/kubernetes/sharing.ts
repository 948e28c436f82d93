import type { ApiObject } from './objects.ts';
import type { Followed, Subject } from './port.ts';

/** Lets everyone who follows the same subject share one watch; the last to close it ends it. */
export function createSharing(open: (subject: Subject) => Followed<ApiObject>): (subject: Subject) => Followed<ApiObject> {
  const shared = new Map<string, { readonly followed: Followed<ApiObject>; followers: number }>();

  return (subject) => {
    const key = JSON.stringify(subject);
    let entry = shared.get(key);
    // A refused follow has ended for good; the next one asks again.
    if (entry === undefined || entry.followed.refusal !== null) {
      entry = { followed: open(subject), followers: 0 };
      shared.set(key, entry);
    }
    const mine = entry;
    mine.followers += 1;
    let closed = false;
    const { followed } = mine;
    return {
      get items() {
        return followed.items;
      },
      get outage() {
        return followed.outage;
      },
      get refusal() {
        return followed.refusal;
      },
      onChange: (listener) => followed.onChange(listener),
      changed: () => followed.changed(),
      close: () => {
        if (closed) return;
        closed = true;
        mine.followers -= 1;
        if (mine.followers > 0) return;
        if (shared.get(key) === mine) shared.delete(key);
        followed.close();
      },
    };
  };
}
