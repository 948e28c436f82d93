import { canonicalJson } from './canonical-json.ts';
import type { UpgradePlan } from './plan.ts';
import { sha256 } from './sha256.ts';

/** The plan with its hash: SHA-256, hex, of its canonical JSON without `hash`. For a plan that is amended inside a workflow. */
export function hashAmended(plan: UpgradePlan): UpgradePlan {
  const { hash: _former, ...bare } = plan;
  return { ...bare, hash: sha256(canonicalJson(bare)) };
}
