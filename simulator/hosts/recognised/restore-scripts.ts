import type { Script } from './script.ts';

/** Steps of a restore of a whole cluster need a shell: a twin of more than 50 nodes says that it has none. */
export async function refuseRestore({ fail }: Script): Promise<void> {
  fail('this host is of a twin without a shell, which cannot restore a whole cluster', 'Restore a twin of at most 50 nodes.');
}
