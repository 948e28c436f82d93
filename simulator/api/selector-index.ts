import { selects } from '../../activities/kubernetes/selector.ts';
import type { Selector } from '../../activities/kubernetes/objects.ts';
import type { ApiObject } from '../model.ts';
import { keyOf } from './kinds.ts';

/** Finds the objects of a namespace whose `spec.selector` selects some labels, without looking at all of them. */
export interface SelectorIndex {
  put(object: ApiObject, selector: Selector | null | undefined): void;
  remove(object: ApiObject): void;
  /** Keys of the objects that select these labels. */
  matching(namespace: string, labels: Readonly<Record<string, string>>): readonly string[];
}

export function createSelectorIndex(): SelectorIndex {
  /** By namespace and by the first pair of matchLabels; what has no such pair is under the namespace alone. */
  const buckets = new Map<string, Map<string, Selector>>();
  const places = new Map<string, string>();
  /** Found already, by the very object of labels; anew whenever a selector changes. */
  let known = new WeakMap<Readonly<Record<string, string>>, { readonly namespace: string; readonly keys: readonly string[] }>();

  function remove(object: ApiObject): void {
    known = new WeakMap();
    const key = keyOf(object);
    const place = places.get(key);
    if (place === undefined) return;
    places.delete(key);
    buckets.get(place)?.delete(key);
  }

  function put(object: ApiObject, selector: Selector | null | undefined): void {
    remove(object);
    if (selector === null || selector === undefined) return;
    const key = keyOf(object);
    const pair = Object.entries(selector.matchLabels ?? {})[0];
    const place = placeOf(object.metadata.namespace ?? '', pair);
    places.set(key, place);
    const bucket = buckets.get(place);
    if (bucket === undefined) buckets.set(place, new Map([[key, selector]]));
    else bucket.set(key, selector);
  }

  function matching(namespace: string, labels: Readonly<Record<string, string>>): readonly string[] {
    const before = known.get(labels);
    if (before !== undefined && before.namespace === namespace) return before.keys;
    const found: string[] = [];
    for (const pair of [undefined, ...Object.entries(labels)]) {
      for (const [key, selector] of buckets.get(placeOf(namespace, pair)) ?? []) if (selects(selector, labels)) found.push(key);
    }
    known.set(labels, { namespace, keys: found });
    return found;
  }

  return { put, remove, matching };
}

function placeOf(namespace: string, pair: readonly [string, string] | undefined): string {
  return pair === undefined ? namespace : `${namespace} ${pair[0]}=${pair[1]}`;
}
