import type { Bench } from './bench.ts';

/** Every benchmark by name; its code is loaded when it runs. */
export const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  scale: async () => (await import('./scale/bench-scale.ts')).benchScale,
};
