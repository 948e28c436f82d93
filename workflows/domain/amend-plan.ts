import { isOfControlPlane, judgeNode } from './amend-node.ts';
import type { AmendableNode, NodeNote, NodeVerdict } from './amend-node.ts';
import { hashPlan } from './hash-plan.ts';
import { movedImages } from './image-repository.ts';
import { grownPhases, narrowedPhases, widthLines } from './amend-phases.ts';
import { movedSince } from './planned-file.ts';
import { leftOutOf } from './plan-nodes.ts';
import type { LeftOutNode, PlannedNode, UpgradePlan } from './plan.ts';
import type { NodeState } from './state.ts';

/** What has to become of a node's state. */
export interface NodeAmendment {
  readonly name: string;
  /** Null leaves it. */
  readonly state: Extract<NodeState, 'skipped' | 'done'> | null;
  readonly note: NodeNote;
}

/** What is left to do beyond what was approved. */
export interface PlanGrowth {
  /** The running plan with all of it, hashed: what a person approves. */
  readonly plan: UpgradePlan;
  /** Nodes to upgrade that are new, or that are to be upgraded otherwise than approved, or again. */
  readonly nodes: readonly PlannedNode[];
  readonly lines: readonly string[];
}

/** How a plan that runs has to change, since the cluster did while it was paused. */
export interface Amendment {
  /** The running plan with what can be amended at once, hashed anew; the very same object where no row of it changes. */
  readonly plan: UpgradePlan;
  readonly nodes: readonly NodeAmendment[];
  /** What changed without asking for more than was approved, a line each. */
  readonly changes: readonly string[];
  /** Null where the plan did not grow. */
  readonly growth: PlanGrowth | null;
  /** Why the upgrade cannot go on by this plan at all, a line each. */
  readonly blocked: readonly string[];
}

/**
 * Compares the plan that runs, and how far each node is, with a plan made of the cluster as it is now (contract 9). What asks for less,
 * or for the same, is amended at once; what asks for more waits for a person; another control plane is amended by nobody. A node in
 * flight or held is never taken away, and one that is done is never made pending but by an approval.
 *
 * Runs inside workflows: a change here needs a replay of the recorded histories.
 *
 * @param nodeOf By name, of every node of `plan`.
 * @param isGoingBack True where all workers go back: then none is added.
 */
export function amendPlan(plan: UpgradePlan, nodeOf: (name: string) => AmendableNode, now: UpgradePlan, isGoingBack = false): Amendment {
  const seen = new Map(now.nodes.map((node) => [node.name, node]));
  const verdicts = plan.nodes.map((planned) => judgeNode(planned, nodeOf(planned.name), seen.get(planned.name), leftOutOf(now, planned.name)));
  const known = new Set(plan.nodes.map(({ name }) => name));
  const arrived = now.nodes.filter(({ name }) => !known.has(name)).map((node) => judgeArrived(node, leftOutOf(plan, node.name)));
  const all = [...verdicts, ...arrived];
  const blocked = [...clusterDifferences(plan, now), ...all.flatMap((verdict) => (verdict.kind === 'blocked' ? [verdict.line] : []))];
  const grown = all.flatMap((verdict) => (verdict.kind === 'grown' ? [verdict] : []));
  const amended = amendedPlan(plan, verdicts, now);
  return {
    plan: amended, blocked,
    nodes: verdicts.flatMap((verdict) => (verdict.kind === 'amended' && verdict.note !== null ? [{ name: verdict.node.name, state: verdict.state, note: verdict.note }] : [])),
    changes: [
      ...all.flatMap((verdict) => (verdict.kind === 'told' || verdict.kind === 'amended' ? [verdict.line] : [])), ...widthLines(plan.phases, amended.phases),
      ...(isGoingBack ? grown.map(({ line }) => `${line}; left as it is, since all workers go back`) : []),
    ],
    growth: isGoingBack || grown.length === 0 ? null : growthOf(amended, grown, now),
  };
}

/** A node that the plan does not name: one that joined, or that was left out and no longer is. */
function judgeArrived(now: PlannedNode, former: LeftOutNode | null): NodeVerdict {
  const how = former === null ? 'new' : `was left out (${former.reason}) and no longer is`;
  if (isOfControlPlane(now)) return { kind: 'blocked', line: `${now.name}: ${how}, with the roles ${now.roles.join(', ')}` };
  if (!now.changes) return { kind: 'told', line: `${now.name}: ${how}, at ${now.to} already` };
  return { kind: 'grown', line: `${now.name}: ${former === null ? `new in pool ${now.pool ?? 'none'}` : `${how}, in pool ${now.pool ?? 'none'}`}, at ${now.from}`, node: { ...now, first: false } };
}

function clusterDifferences(plan: UpgradePlan, now: UpgradePlan): readonly string[] {
  return [
    ...(plan.clusterUid === now.clusterUid ? [] : [`another cluster answers: its UID is ${now.clusterUid}, not ${plan.clusterUid}`]),
    ...(plan.to === now.to ? [] : [`the target is ${now.to}, not ${plan.to}`]),
    ...movedImages(plan.imageRepository, now.imageRepository),
    ...(now.changes ? movedSince(plan.files, now.files) : []),
    ...(plan.etcd.kind === now.etcd.kind && plan.etcd.members === now.etcd.members ? [] : [`etcd: was ${plan.etcd.kind} with ${plan.etcd.members} members, is ${now.etcd.kind} with ${now.etcd.members}`]),
  ];
}

function amendedPlan(plan: UpgradePlan, verdicts: readonly NodeVerdict[], now: UpgradePlan): UpgradePlan {
  const nodes = plan.nodes.map((planned, index) => {
    const verdict = verdicts[index];
    return verdict?.kind === 'amended' ? verdict.node : planned;
  });
  const phases = narrowedPhases(plan.phases, now.phases);
  const isSame = nodes.every((node, index) => node === plan.nodes[index]) && phases === plan.phases;
  return isSame ? plan : hashPlan({ ...plan, nodes, phases });
}

/** New nodes come last: those before them keep their places. */
function growthOf(plan: UpgradePlan, grown: readonly Extract<NodeVerdict, { readonly kind: 'grown' }>[], now: UpgradePlan): PlanGrowth {
  const nodes = grown.map(({ node }) => node);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const known = new Set(plan.nodes.map(({ name }) => name));
  const rows = [...plan.nodes.map((planned) => byName.get(planned.name) ?? planned), ...nodes.filter(({ name }) => !known.has(name))];
  const { leftOut = [], ...rest } = plan;
  const stillOut = leftOut.filter(({ name }) => !byName.has(name));
  return { nodes, lines: grown.map(({ line }) => line), plan: hashPlan({ ...rest, ...(stillOut.length === 0 ? {} : { leftOut: stillOut }), nodes: rows, phases: grownPhases(plan.phases, now.phases, nodes), changes: true }) };
}
