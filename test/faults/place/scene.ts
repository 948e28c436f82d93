import type { Random } from '../../../simulator/random.ts';
import type { Twin } from '../../../simulator/twin.ts';
import type { TemporalControl } from '../engine/temporal-controls.ts';
import type { TimeKeeper } from '../measure/keep-times.ts';

/** What can be done to the engine of a seed. */
export interface EngineControls {
  /** SIGKILL; another worker starts within a second, and `onStart` is called then. */
  killWorker(onStart: () => void): void;
  /** Freezes the worker, lets a second one take over, and lets the first go on after so many ms. */
  freezeWorker(ms: number): void;
  /** Sets the clock of the worker off by so many ms. */
  jumpClock(ms: number): void;
  restartServer(): void;
  /** Does something by Temporal's own means to the first of these workflows that runs. */
  control(control: TemporalControl, workflowIds: readonly string[]): void;
}

/** Where faults happen. */
export interface Scene {
  /** Name of the cluster in its spec. */
  readonly cluster: string;
  readonly twin: Twin;
  readonly engine: EngineControls;
  /** How much faster than the wall clock the twin's time runs. */
  readonly speed: number;
  readonly random: Random;
  readonly times: TimeKeeper;
  /** Keeps what ends a fault when somebody decides about the node. */
  readonly untilDecided: (node: string, mend: () => void) => void;
}

export type Undo = () => void;

/** Something happens so many ms of real time later, unless the twin has ended by then. */
export function later({ twin, speed }: Scene, realMs: number, callback: () => void): void {
  twin.clock.after(realMs * speed, callback);
}
