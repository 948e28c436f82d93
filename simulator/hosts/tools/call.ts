import type { Timing } from '../../description.ts';
import { takeFault } from '../machine.ts';
import type { Machine } from '../machine.ts';
import type { HostOperation } from '../faults.ts';

/** One call of one of the twin's tools, by a script on a host. */
export interface Call {
  readonly machine: Machine;
  /** Path by which it was called. */
  readonly program: string;
  readonly args: readonly string[];
  /** Folder in which it was called. */
  readonly folder: string;
  /** Aborts when the process that called is gone: what was not done by then is never done. */
  readonly signal: AbortSignal;
  /** Ends whatever the call belongs to, its unit or its command, at once. */
  readonly kill: () => void;
  /** Breaks every connection to the host. */
  readonly cut: () => void;
  /** The host goes down, and comes back. */
  readonly reboot: (downMs: number) => void;
  /** Lines without their ends. */
  out(text: string): void;
  err(text: string): void;
}

/** Returns the exit code. */
export type Tool = (call: Call) => number | Promise<number>;

/** The tool's process is gone; nothing of it goes on. */
export class Gone extends Error {}

/** The operation failed by a fault; what it says was said. */
export class OperationFailed extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('the operation failed');
    this.exitCode = exitCode;
  }
}

/**
 * Waits as long as the operation takes, faults included, and returns that time in ms for the journal.
 *
 * @param half Called where the operation is cut off in its middle.
 * @throws Gone where the caller does not live to see the end; OperationFailed
 */
export async function spend(call: Call, operation: HostOperation, timing: Timing, half: () => void = () => undefined): Promise<number> {
  const { ms, occurrence } = call.machine.draw(operation, timing);
  const { effect, onHit = () => undefined } = takeFault(call.machine, operation, occurrence) ?? {};
  switch (effect?.kind) {
    case undefined:
      await wait(call, ms);
      return ms;
    case 'slow':
      await wait(call, (ms * effect.factor) / 2);
      onHit();
      await wait(call, (ms * effect.factor) / 2);
      return ms * effect.factor;
    case 'fail':
      await wait(call, ms / 2);
      onHit();
      call.err(effect.message);
      throw new OperationFailed(effect.exitCode);
    case 'wait':
      call.out(effect.message);
      onHit();
      await wait(call, effect.ms + ms);
      return effect.ms + ms;
    case 'cut':
      await wait(call, ms / 2);
      onHit();
      call.cut();
      await wait(call, ms / 2);
      return ms;
    case 'kill':
    case 'reboot':
      await wait(call, ms / 2);
      half();
      onHit();
      if (effect.kind === 'kill') call.kill();
      else call.reboot(effect.downMs);
      throw new Gone();
  }
}

/** Waits in the twin's time. */
export function wait({ machine, signal }: Call, ms: number): Promise<void> {
  const { clock } = machine.world;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (signal.aborted) return Promise.reject(new Gone());
  const gone = (): void => {
    callOff();
    reject(new Gone());
  };
  const callOff = clock.after(ms, () => {
    signal.removeEventListener('abort', gone);
    resolve();
  });
  signal.addEventListener('abort', gone, { once: true });
  return promise;
}
