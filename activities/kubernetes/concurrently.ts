/** Does something with every item, at most `width` at a time. The first error ends it. */
export async function concurrently<T>(items: readonly T[], width: number, action: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const workers = Array.from({ length: Math.min(width, items.length) }, async () => {
    for (const item of queue) await action(item);
  });
  await Promise.all(workers);
}
