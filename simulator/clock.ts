import { setImmediate as turn } from 'node:timers/promises';

/** Time as the twin sees it. Everything in the simulator waits by this, never by a timer of its own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once after `ms` of the twin's time, in order of time and then of the calls. Returns how to call it off. */
  after(ms: number, callback: () => void): () => void;
  sleep(ms: number): Promise<void>;
}

export interface ScaledClock extends Clock {
  /** Sets it forward by so many ms, or back where they are negative: every later `now` is off by them. Waits are not. */
  jump(ms: number): void;
  /** Calls everything off. */
  stop(): void;
}

/**
 * The clock of a twin that a real worker upgrades: dates are this machine's, because the engine compares them with its
 * own; waits are shorter by `speed`.
 *
 * @param speed 1 is real time, 60 makes a minute a second.
 */
export function createScaledClock(speed: number): ScaledClock {
  const timers = new Set<NodeJS.Timeout>();
  let offMs = 0;
  function after(ms: number, callback: () => void): () => void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      callback();
    }, ms / speed);
    timers.add(timer);
    return () => {
      clearTimeout(timer);
      timers.delete(timer);
    };
  }
  return {
    now: () => Date.now() + offMs,
    jump: (ms) => { offMs += ms; },
    after,
    sleep: (ms) => sleepBy(after, ms),
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

export interface VirtualClock extends Clock {
  /**
   * Lets time jump from event to event until `body` ends.
   * @throws Error where nothing is left that could ever happen and `body` still waits.
   */
  run<T>(body: () => Promise<T>): Promise<T>;
}

interface Appointment {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that jumps from one appointment to the next: hours pass in milliseconds, and every run is the same. */
export function createVirtualClock(startMs: number): VirtualClock {
  const queue: Appointment[] = [];
  let nowMs = startMs;
  let order = 0;

  function after(ms: number, callback: () => void): () => void {
    const appointment: Appointment = { at: nowMs + Math.max(0, ms), order: order++, callback };
    push(queue, appointment);
    let called = false;
    return () => {
      if (called) return;
      called = true;
      const at = queue.indexOf(appointment);
      if (at >= 0) remove(queue, at);
    };
  }

  async function run<T>(body: () => Promise<T>): Promise<T> {
    let ended = false;
    const result = body().finally(() => { ended = true; });
    // The caller sees a rejection by the promise itself.
    result.catch(() => undefined);
    for (;;) {
      // Everything that may happen at this moment happens first.
      await turn();
      if (ended) return result;
      const next = queue[0];
      if (next === undefined) throw new Error('the simulated cluster came to a standstill: nothing is left that could happen');
      remove(queue, 0);
      nowMs = next.at;
      next.callback();
    }
  }

  return { now: () => nowMs, after, sleep: (ms) => sleepBy(after, ms), run };
}

function sleepBy(after: Clock['after'], ms: number): Promise<void> {
  return new Promise((resolve) => { after(ms, resolve); });
}

function isBefore(one: Appointment | undefined, other: Appointment | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** A binary heap, earliest first: a rehearsal of thousands of nodes makes millions of appointments. */
function push(heap: Appointment[], appointment: Appointment): void {
  heap.push(appointment);
  rise(heap, heap.length - 1);
}

function remove(heap: Appointment[], at: number): void {
  const last = heap.pop();
  if (last === undefined || at === heap.length) return;
  heap[at] = last;
  rise(heap, at);
  sink(heap, at);
}

function rise(heap: Appointment[], from: number): void {
  for (let at = from; at > 0;) {
    const parent = (at - 1) >> 1;
    if (!isBefore(heap[at], heap[parent])) return;
    swap(heap, at, parent);
    at = parent;
  }
}

function sink(heap: Appointment[], from: number): void {
  for (let at = from; ;) {
    const left = 2 * at + 1;
    const child = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
    if (!isBefore(heap[child], heap[at])) return;
    swap(heap, at, child);
    at = child;
  }
}

function swap(heap: Appointment[], one: number, other: number): void {
  const [left, right] = [heap[one], heap[other]];
  if (left === undefined || right === undefined) return;
  heap[one] = right;
  heap[other] = left;
}
