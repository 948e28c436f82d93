import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson } from './canonical-json.ts';
import type { UpgradePlan } from './plan.ts';

/** The plan with its hash: SHA-256, hex, of its canonical JSON without `hash`. Workflows, which have no crypto, hash what they amend. */
export function hashPlan(plan: Omit<UpgradePlan, 'hash'>): UpgradePlan {
  const { hash: _former, ...bare } = { hash: '', ...plan };
  return { ...bare, hash: bytesToHex(sha256(utf8ToBytes(canonicalJson(bare)))) };
}
