import type { Finding } from '../../workflows/domain/check.ts';
import type { ClusterDump } from '../../workflows/domain/cluster-dump.ts';
import { compareNames } from '../../workflows/domain/order.ts';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { currentActivity } from '../activity-context.ts';
import { redactedEnd } from '../redaction/redacted.ts';
import { hold } from './cluster-finding.ts';

const CHECK = 'drains-end';
/** A rehearsal of so many takes about a second; one of more is for a command of its own. */
const MOST_NODES = 60;
const MOST_PODS = 1_500;

/** A drain that would not end: a budget allows no more of these workloads' pods to go. */
export interface RehearsedDrain {
  readonly node: string;
  /** `namespace/name`; null where no budget stands in the way. */
  readonly budget: string | null;
  /** `namespace/name`, sorted. */
  readonly workloads: readonly string[];
  readonly reason: string;
}

export interface RehearsalInput {
  readonly spec: UpgradeSpec;
  readonly plan: UpgradePlan;
  readonly dump: ClusterDump;
}

/** Upgrades a twin of the cluster once, in virtual time, and returns the drains that would not end. */
export type RehearseDrains = (input: RehearsalInput) => Promise<readonly RehearsedDrain[]>;

export interface RehearsedOptions {
  readonly describeCluster: (input: { readonly spec: UpgradeSpec }) => Promise<ClusterDump>;
  readonly rehearse: RehearseDrains;
}

/** Drains that would wait for their whole timeout, by node, budget and workload. Never blocks: a rehearsal is not the cluster. */
export async function rehearsedFindings({ describeCluster, rehearse }: RehearsedOptions, spec: UpgradeSpec, plan: UpgradePlan): Promise<readonly Finding[]> {
  if (!plan.changes) return [];
  if (plan.nodes.length > MOST_NODES) return [leftOut(`${plan.nodes.length} nodes`)];
  try {
    const dump = await describeCluster({ spec });
    const pods = dump.workloads.reduce((sum, { on }) => sum + on.length, 0);
    if (pods > MOST_PODS) return [leftOut(`${pods} pods`)];
    // What a drain refuses is said by the check of the pods themselves.
    const stuck = (await rehearse({ spec, plan, dump })).filter(({ budget }) => budget !== null);
    if (stuck.length === 0) return [hold(CHECK, 'A rehearsal of the upgrade met no drain that would not end.')];
    return stuck.toSorted((one, other) => compareNames(one.node, other.node) || compareNames(one.budget ?? '', other.budget ?? '')).map(stuckFinding);
  } catch (error) {
    currentActivity().signal.throwIfAborted();
    const cause = redactedEnd(error instanceof Error ? error.message : String(error), 300);
    return [{ check: CHECK, severity: 'warn', node: null, message: `Whether drains would end could not be rehearsed: ${cause}`, next: 'Rehearse by hand: `capstan rehearse -f FILE`.' }];
  }
}

function stuckFinding({ node, budget, workloads, reason }: RehearsedDrain): Finding {
  return {
    check: CHECK,
    severity: 'warn',
    node,
    message: `The drain of ${node} would not end: the PodDisruptionBudget ${budget ?? ''} lets no more pods of ${workloads.join(', ')} go (${reason.slice(0, 200)}).`,
    next: 'Give their replacements room on another node, add replicas, or let the budget allow a disruption; `capstan rehearse -f FILE` shows the whole course.',
  };
}

function leftOut(size: string): Finding {
  return { check: CHECK, severity: 'info', node: null, message: `Whether drains would end was not rehearsed here: ${size} take longer than an answer should. \`capstan rehearse -f FILE\` does.`, next: null };
}
