import type { StepCall } from './instant-activities.ts';
import type { ActivityCounts, Span } from './worker-messages.ts';

/** Counts the activities that run, and keeps when each cluster's workers began and ended. */
export interface Counter {
  readonly begin: (call: StepCall) => void;
  readonly end: (call: StepCall) => void;
  readonly counts: () => ActivityCounts;
  readonly reset: () => void;
}

export function createCounter(): Counter {
  const steps = new Map<string, number>();
  const perNode = new Map<string, number>();
  const spans = new Map<string, Span>();
  const isWorkerStep = ({ step, node }: StepCall): boolean => step !== 'stageNode' && node?.startsWith('worker-') === true;

  return {
    begin: (call) => {
      const { step, cluster, node } = call;
      steps.set(step, (steps.get(step) ?? 0) + 1);
      if (node?.startsWith('worker-') === true) perNode.set(`${cluster}/${node}`, (perNode.get(`${cluster}/${node}`) ?? 0) + 1);
      if (isWorkerStep(call) && !spans.has(cluster)) spans.set(cluster, { fromMs: performance.now(), toMs: performance.now() });
    },
    end: (call) => {
      const span = spans.get(call.cluster);
      if (isWorkerStep(call) && span !== undefined) spans.set(call.cluster, { ...span, toMs: performance.now() });
    },
    counts: () => ({ steps: Object.fromEntries(steps), mostPerNode: Math.max(0, ...perNode.values()), spans: Object.fromEntries(spans) }),
    reset: () => {
      steps.clear();
      perNode.clear();
      spans.clear();
    },
  };
}
