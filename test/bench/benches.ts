import type { Bench } from './bench.ts';

/** Every benchmark by name; its code is loaded when it runs. */
export const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  window: async () => (await import('./window/bench-window.ts')).benchWindow,
  churn: async () => (await import('./churn/bench-churn.ts')).benchChurn,
  'api-cost': async () => (await import('./api-cost/bench-api-cost.ts')).benchApiCost,
  staging: async () => (await import('./staging/bench-staging.ts')).benchStaging,
  reaction: async () => (await import('./reaction/bench-reaction.ts')).benchReaction,
  scale: async () => (await import('./scale/bench-scale.ts')).benchScale,
  lab: async () => (await import('./lab/main.ts')).benchLab,
};
