import { readFile } from 'node:fs/promises';

const DOCKERFILE = new URL('../../../deploy/Dockerfile', import.meta.url);

/** What the worker's image sets against memory that wins little time: the worker that is measured is the one that people run. */
export async function imageEnvironment(): Promise<Readonly<Record<string, string>>> {
  const line = /^ENV (NODE_OPTIONS=\S+ MALLOC_ARENA_MAX=\S+)$/m.exec(await readFile(DOCKERFILE, 'utf8'))?.[1];
  if (line === undefined) throw new Error('deploy/Dockerfile has no line ENV NODE_OPTIONS=… MALLOC_ARENA_MAX=…');
  return Object.fromEntries(line.split(' ').map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [name, value.join('=')];
  }));
}
