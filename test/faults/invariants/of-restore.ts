import type { Rule } from './rule.ts';

/** Stages of a restore that all control-plane nodes take together, in their order. */
const STAGES: readonly string[] = ['prepareRestore', 'stopControlPlane', 'restoreControlPlane', 'startControlPlane'];

/** A member alone has no quorum, and one that still runs with the data of before would go on with it. */
export const restoreTogether: Rule = (event, { isRestored, intents }, { controlPlanes }) => {
  if (event.kind !== 'step' || event.moment !== 'started') return null;
  const stage = STAGES.indexOf(event.step);
  if (stage < 0) return null;
  if (!isRestored) return `${event.step} on ${event.node} was begun, and nobody had said so`;
  const former = STAGES[stage - 1];
  const late = former === undefined ? [] : controlPlanes.filter((name) => intents[`${name}/${former}`]?.state !== 'finished');
  return late.length > 0 ? `${event.step} on ${event.node} was begun before ${former ?? ''} had ended on ${late.join(', ')}` : null;
};
