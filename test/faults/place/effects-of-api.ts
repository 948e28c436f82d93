import type { Interception, Interceptor } from '../../../simulator/api/serve.ts';
import type { Effect } from '../catalogue/effects.ts';
import type { Happening } from './on-moment.ts';
import { later } from './scene.ts';
import type { Scene } from './scene.ts';

const AWAY_MS = 2_000;
const SLOW_FOR_MS = 3_000;
const SLOWER_MS = 1_000;
const SERVER_ERRORS = [500, 502, 503, 504] as const;

/** What the API does from now on, for a while. The request that was the sign of the moment is met first. */
export function apiEffect(effect: Extract<Effect, 'answer-lost' | `api-${string}`>, scene: Scene, { answer }: Happening): void {
  const { twin: { api } } = scene;
  switch (effect) {
    case 'answer-lost': return answer({ kind: 'cut-after' });
    case 'api-gone':
      answer({ kind: 'cut' });
      forAWhile(scene, AWAY_MS, () => ({ kind: 'cut' }));
      return api.cutConnections();
    case 'api-slow': return forAWhile(scene, SLOW_FOR_MS, () => ({ kind: 'delay', ms: SLOWER_MS }));
    case 'api-5xx': return forAWhile(scene, AWAY_MS, everyOther(scene));
    case 'api-forgets': return api.compact();
    case 'api-silent':
      answer({ kind: 'hang' });
      api.silenceWatches();
      return forAWhile(scene, AWAY_MS, () => ({ kind: 'hang' }));
  }
}

function forAWhile(scene: Scene, ms: number, interceptor: Interceptor): void {
  later(scene, ms, scene.twin.api.intercept(interceptor));
}

function everyOther({ random }: Scene): Interceptor {
  let count = 0;
  return (): Interception | null => {
    count += 1;
    return count % 2 === 0 ? null : { kind: 'status', code: SERVER_ERRORS[random.below(SERVER_ERRORS.length)] ?? 500 };
  };
}
