import { Client, Connection } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { runningSteps, stepsOfNode } from '../../../client/temporal/running-steps.ts';
import type { RunningStep } from '../../../client/temporal/port.ts';
import type { Program, Stage } from '../scenario/programs.ts';

/** A step as kills are counted: the one node that begins the control plane is no rule for the others. */
export interface KilledStep {
  /** `control-plane`, `worker`, or `cluster` for steps of no single node. */
  readonly where: string;
  readonly step: string;
  readonly node: string | null;
  /** From the kill until another worker ran the step, s. */
  readonly resumedSeconds: number;
}

export interface KillerOptions {
  readonly stage: Stage;
  readonly cluster: string;
  /** `where/step`, each to be hit once. */
  readonly wanted: ReadonlySet<string>;
  readonly start: () => Program;
}

const LOOK_MS = 20;

/**
 * Kills the worker with SIGKILL inside each wanted step, once, and starts another. A step counts as hit when Temporal ran it
 * again after the kill; one that had ended just before is tried again on the next node.
 */
export class WorkerKiller {
  readonly #options: KillerOptions;
  #worker: Program;
  #ended = false;
  #loop: Promise<void> = Promise.resolve();
  readonly hits: KilledStep[] = [];

  constructor(options: KillerOptions) {
    this.#options = options;
    this.#worker = options.start();
  }

  begin(): void {
    this.#loop = this.#run();
  }

  /** Wanted steps that were not hit. */
  get missing(): readonly string[] {
    const hit = new Set(this.hits.map(({ where, step }) => `${where}/${step}`));
    return [...this.#options.wanted].filter((name) => !hit.has(name));
  }

  /** Ends the looking, not the worker. */
  async stop(): Promise<void> {
    this.#ended = true;
    await this.#loop;
  }

  /** Ends the worker that is alive now. */
  async close(): Promise<void> {
    await this.stop();
    await this.#worker.kill('SIGKILL');
  }

  async #run(): Promise<void> {
    const connection = await Connection.connect({ address: this.#options.stage.address });
    const client = new Client({ connection });
    try {
      while (!this.#ended && this.missing.length > 0) {
        const running = await this.#steps(client);
        const found = this.#wantedOf(running) ?? await this.#awaitUncordon(client, running);
        if (found === undefined) await delay(LOOK_MS);
        else await this.#kill(client, found);
      }
    } finally {
      await connection.close();
    }
  }

  #wantedOf(running: readonly RunningStep[]): RunningStep | undefined {
    return running.find((step) => this.missing.includes(nameOf(step)) && step.startedAt !== null);
  }

  /** An uncordon is one request: it is only seen by who looks at its node alone, without a break, from the step before it on. */
  async #awaitUncordon(client: Client, running: readonly RunningStep[]): Promise<RunningStep | undefined> {
    const before = running.find(({ node, step }) => step === 'waitNodeReady' && this.missing.includes(nameOf({ node, step: 'uncordonNode' })));
    if (before?.node === undefined || before.node === null) return undefined;
    for (;;) {
      const steps = await stepsOfNode(client, this.#options.cluster, before.node).catch(() => []);
      const found = this.#wantedOf(steps);
      if (found !== undefined || this.#ended || !steps.some(({ step }) => step === 'waitNodeReady' || step === 'uncordonNode')) return found;
    }
  }

  async #kill(client: Client, running: RunningStep): Promise<void> {
    const killed = performance.now();
    await this.#worker.kill('SIGKILL');
    const isInside = (await this.#steps(client)).some((other) => isSame(other, running) && other.attempt === running.attempt);
    this.#worker = this.#options.start();
    if (!isInside) return;
    while (!this.#ended) {
      const now = (await this.#steps(client)).find((other) => isSame(other, running));
      // Gone from what is pending: another worker has run it to its end between two looks.
      if (now === undefined || now.attempt > running.attempt && now.startedAt !== null) break;
      await delay(LOOK_MS);
    }
    const [where = '', step = ''] = nameOf(running).split('/');
    this.hits.push({ where, step, node: running.node, resumedSeconds: (performance.now() - killed) / 1000 });
  }

  async #steps(client: Client): Promise<readonly RunningStep[]> {
    return runningSteps(client, this.#options.cluster).catch(() => []);
  }
}

function isSame(left: RunningStep, right: RunningStep): boolean {
  return left.node === right.node && left.step === right.step;
}

/** Lab hosts are named for their role: `cp1`, `w1`. */
function nameOf({ node, step }: Pick<RunningStep, 'node' | 'step'>): string {
  if (node === null) return `cluster/${step}`;
  return `${node.startsWith('cp') ? 'control-plane' : 'worker'}/${step}`;
}
