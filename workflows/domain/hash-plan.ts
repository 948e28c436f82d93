import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson } from './canonical-json.ts';
import { isOrderedAtRunTime } from './control-plane-order.ts';
import { compareNames } from './order.ts';
import type { UpgradePlan } from './plan.ts';

/** Says what a hash covers: one of another form covers something else, and is no yes to this plan. */
const FORM = 'p2-';
const HASH = /^p2-[0-9a-f]{64}$/;
/** It covered nodes, versions and order, and neither the spec nor the files that are applied. */
const FORMER_HASH = /^[0-9a-f]{64}$/;

type Unhashed = Omit<UpgradePlan, 'hash'>;

/**
 * The plan with its hash: `p2-` and the SHA-256, hex, of its canonical JSON without `hash` and without what leadership of etcd decides.
 * Workflows, which have no crypto, hash what they amend.
 */
export function hashPlan(plan: Unhashed): UpgradePlan {
  const { hash: _former, ...bare } = { hash: '', ...plan };
  return { ...bare, hash: `${FORM}${bytesToHex(sha256(utf8ToBytes(canonicalJson(withoutLeadership(bare)))))}` };
}

/** Why a text cannot be the hash of a plan; null where it may be one. */
export function planHashProblem(text: string): string | null {
  if (HASH.test(text)) return null;
  if (text === '') return 'no plan hash is given';
  if (FORMER_HASH.test(text)) return `${text} is a plan hash of the former form, which covered neither the spec nor the files that are applied`;
  return `${text} is not a plan hash: ${FORM} and 64 hexadecimal digits, as \`capstan plan\` prints it`;
}

/** Leadership may move at any moment, and a yes must not move with it: which control-plane node comes first and last is left out where it decides. */
function withoutLeadership(plan: Unhashed): unknown {
  if (!isOrderedAtRunTime(plan)) return plan;
  return {
    ...plan,
    nodes: plan.nodes.map(({ first: _first, ...node }) => node),
    isApplyPending: plan.nodes.some(({ first }) => first),
    phases: plan.phases.map((phase) => (phase.phase === 'control-plane' ? { ...phase, groups: [phase.groups.flat().toSorted(compareNames)] } : phase)),
  };
}
