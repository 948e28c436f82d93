import type { Machine } from '../machine.ts';
import type { Disturbances, Runtime } from '../runtime.ts';

export function startRecognisedRuntime(_machines: ReadonlyMap<string, Machine>, _disturb: Disturbances): Runtime {
  throw new Error('not yet');
}
