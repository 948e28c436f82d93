import type { Amendment, PlanGrowth } from './amend-plan.ts';
import { newNodeRun } from './run.ts';
import type { ClusterRun } from './run.ts';
import type { UpgradePhase } from './state.ts';

/** Takes in what is amended at once. True where the run has to be laid out anew: less is left to do, or rows of the plan differ. */
export function applyAmendment(run: ClusterRun, { plan, nodes }: Amendment, at: string): boolean {
  const isOther = plan !== run.plan;
  run.plan = plan;
  for (const { name, state, note } of nodes) {
    const own = run.nodes.find((node) => node.name === name);
    if (own !== undefined) Object.assign(own, { note }, state === null ? {} : { state, since: at });
  }
  return isOther || nodes.some(({ state }) => state !== null);
}

/** Phases that a worker to upgrade opens again. */
const REOPENED: readonly UpgradePhase[] = ['workers', 'addons'];

/** Takes in a plan that grew and was approved: its nodes are pending, those that are new as well as those to upgrade again. */
export function applyGrowth(run: ClusterRun, { plan, nodes }: PlanGrowth, at: string): void {
  run.plan = plan;
  for (const { name } of nodes) {
    const place = run.nodes.findIndex((node) => node.name === name);
    const former = run.nodes[place];
    if (former === undefined) {
      run.nodes.push({ ...newNodeRun(name, true), note: 'new', since: at });
      continue;
    }
    // Its former steps stay in the report; a number that was used names an intent that was run.
    Object.assign(former, { state: 'pending', step: null, since: at, staged: false, changed: false, rollsBack: false, drained: false, failure: null, note: 'planned again', retries: former.retries + 1 });
  }
  const open = run.phasesDone.filter((phase) => !REOPENED.includes(phase));
  run.phasesDone.splice(0, run.phasesDone.length, ...open);
}

/** Goes on without what grew: nodes that were approved otherwise than they are now are left as they are, and new ones are not taken in. */
export function leaveGrowthOut(run: ClusterRun, { nodes }: PlanGrowth, at: string): boolean {
  const left = run.nodes.filter((own) => nodes.some(({ name }) => name === own.name));
  for (const own of left) Object.assign(own, { state: 'skipped', note: 'left out', since: at });
  return left.length > 0;
}
