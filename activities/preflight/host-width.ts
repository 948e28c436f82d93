/** Hosts asked at once: enough to be quick, few enough for a bastion. */
const WIDTH = 16;

/** Applies `work` to each item, at most 16 at a time; results in the order of the items. */
export async function overHosts<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Map<number, R>();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) results.set(index, await work(item));
    }
  };
  await Promise.all(Array.from({ length: Math.min(WIDTH, items.length) }, worker));
  return [...results.entries()].toSorted(([left], [right]) => left - right).map(([, result]) => result);
}
