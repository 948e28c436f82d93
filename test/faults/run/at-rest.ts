import type { Twin } from '../../../simulator/twin.ts';
import { isReady } from '../objects.ts';

/**
 * Waits until every node is Ready, for so long at most: a host that rebooted while its node was given back comes up by itself,
 * and an engine that had looked before could not know.
 */
export async function untilAtRest({ model: { store } }: Twin, limitMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => { if (store.list('nodes').every(isReady)) resolve(); };
  const end = store.subscribe(({ resource }) => { if (resource === 'nodes') look(); });
  const timer = setTimeout(resolve, limitMs);
  look();
  await promise;
  clearTimeout(timer);
  end();
}
