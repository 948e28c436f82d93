/**
 * What happens to a durable step on its host: a worker asks for it; an intent of it is started; that ends with a result, or without
 * one; or an older worker is refused by the fence.
 */
export const STEP_MOMENTS = ['asked', 'started', 'finished', 'interrupted', 'superseded'] as const;
export type StepMoment = (typeof STEP_MOMENTS)[number];

export interface StepEvent {
  readonly moment: StepMoment;
  readonly node: string;
  /** Folder of the step, such as `upgradeKubelet`. */
  readonly step: string;
  /** Number of the newest intent; 0 where there is none yet. */
  readonly intent: number;
  /** How often the operator has retried the node, as the worker says. */
  readonly retry: number;
}

/** @param lose Of a step that is asked for: the request never reaches the host. */
export type StepListener = (event: StepEvent, lose: () => void) => void;

export interface StepWatch {
  /** False where a listener has lost the request. */
  tell(event: StepEvent): boolean;
  /** Called at once with every later event. Returns how to end it. */
  subscribe(listener: StepListener): () => void;
}

export function createStepWatch(): StepWatch {
  const listeners = new Set<StepListener>();
  return {
    tell: (event) => {
      let lost = false;
      for (const listener of listeners) listener(event, () => { lost = true; });
      return !lost;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
