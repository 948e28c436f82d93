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
  const ready = new Map<string, number>();
  const readyToUncordonMs: number[] = [];
  let lastStartMs = 0;
  const isWorkerStep = ({ step, node }: StepCall): boolean => step !== 'stageNode' && node?.startsWith('worker-') === true;

  return {
    begin: (call) => {
      const { step, cluster, node } = call;
      steps.set(step, (steps.get(step) ?? 0) + 1);
      if (node?.startsWith('worker-') === true) perNode.set(`${cluster}/${node}`, (perNode.get(`${cluster}/${node}`) ?? 0) + 1);
      if (step === 'upgradeKubeadm') lastStartMs = Date.now();
      const readyMs = step === 'uncordonNode' ? ready.get(`${cluster}/${node}`) : undefined;
      if (readyMs !== undefined) readyToUncordonMs.push(Date.now() - readyMs);
      if (isWorkerStep(call) && !spans.has(cluster)) spans.set(cluster, { fromMs: Date.now(), toMs: Date.now() });
    },
    end: (call) => {
      if (call.step === 'waitNodeReady') ready.set(`${call.cluster}/${call.node}`, Date.now());
      const span = spans.get(call.cluster);
      if (isWorkerStep(call) && span !== undefined) spans.set(call.cluster, { ...span, toMs: Date.now() });
    },
    counts: () => ({
      steps: Object.fromEntries(steps), mostPerNode: Math.max(0, ...perNode.values()), lastStartMs, readyToUncordonMs, spans: Object.fromEntries(spans),
    }),
    reset: () => {
      steps.clear();
      perNode.clear();
      spans.clear();
      ready.clear();
      readyToUncordonMs.length = 0;
    },
  };
}
