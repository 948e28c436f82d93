import { CancellationScope } from '@temporalio/workflow';
import { drain } from './activity-options.ts';
import type { CordonInput, DrainStepInput, StepResult } from './domain/step.ts';
import type { NodePolicyMessage } from './messages.ts';
import type { UpgradeNodeInput } from './upgrade-node.ts';

/** The drain of one node, which hears what a person decides while it runs. */
export interface NodeDrain {
  readonly run: (cordon: CordonInput) => Promise<StepResult>;
  /** From now on pods are deleted past their budgets. */
  readonly force: () => void;
  readonly set: (policy: NodePolicyMessage) => void;
  readonly isForced: () => boolean;
}

interface DrainOrder {
  readonly force: boolean;
  readonly timeoutSeconds: number;
  readonly maxUnavailable: number;
}

/** A drain that runs when its order changes is ended and begun anew with the new one: it looks first, so nothing is done twice. Its time counts from then. */
export function openNodeDrain(input: UpgradeNodeInput): NodeDrain {
  let order: DrainOrder = { force: input.forceDrain ?? false, timeoutSeconds: input.drain.timeoutSeconds, maxUnavailable: input.maxUnavailable };
  let running: CancellationScope | null = null;

  function change(next: DrainOrder): void {
    if (next.force === order.force && next.timeoutSeconds === order.timeoutSeconds && next.maxUnavailable === order.maxUnavailable) return;
    order = next;
    running?.cancel();
  }

  async function run(cordon: CordonInput): Promise<StepResult> {
    for (;;) {
      const own = order;
      running = new CancellationScope();
      try {
        return await running.run(() => drain.drainNode.executeWithOptions({ summary: summaryOf(input, own) }, [drainInput(input, cordon, own)]));
      } catch (error) {
        // A failure under the former order says nothing about the new one.
        if (own === order || CancellationScope.current().consideredCancelled) throw error;
      } finally {
        running = null;
      }
    }
  }

  return {
    run,
    force: () => change({ ...order, force: true }),
    // A node that may be down already does not give its place back where fewer may be down from now on.
    set: ({ drainTimeoutSeconds, maxUnavailable }) => change({ ...order, timeoutSeconds: drainTimeoutSeconds, maxUnavailable: Math.max(order.maxUnavailable, maxUnavailable) }),
    isForced: () => order.force,
  };
}

function summaryOf({ node }: UpgradeNodeInput, { force }: DrainOrder): string {
  return `${node.name}: cordon and drain${force ? ', by force' : ''}`;
}

function drainInput({ drain: policy }: UpgradeNodeInput, cordon: CordonInput, { force, timeoutSeconds, maxUnavailable }: DrainOrder): DrainStepInput {
  return { ...cordon, maxUnavailable, drain: { ...policy, timeoutSeconds }, ...(force ? { force } : {}) };
}
