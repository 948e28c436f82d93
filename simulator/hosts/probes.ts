import type { ScriptName } from './recognised/recognise.ts';

/** A script that only reads, asked of a host; `answered` when all that it says is on its way. */
export interface ProbeEvent {
  readonly moment: 'asked' | 'answered';
  readonly node: string;
  readonly script: ScriptName;
}

export interface ProbeWatch {
  tell(event: ProbeEvent): void;
  /** Called at once with every later event. Returns how to end it. */
  subscribe(listener: (event: ProbeEvent) => void): () => void;
}

export function createProbeWatch(): ProbeWatch {
  const listeners = new Set<(event: ProbeEvent) => void>();
  return {
    tell: (event) => { for (const listener of listeners) listener(event); },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
