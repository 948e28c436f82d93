/** Loads the worker's code, which no other command does, and calls one function of it. */
export async function callWorkerCode(module: 'main' | 'dev', name: string, options: object): Promise<void> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const loaded: unknown = await import(new URL(`../worker/${module}.${extension}`, import.meta.url).href);
  const run: unknown = typeof loaded === 'object' && loaded !== null ? Reflect.get(loaded, name) : undefined;
  if (typeof run !== 'function') throw new Error(`worker/${module} has no ${name}`);
  await Reflect.apply(run, undefined, [options]);
}
