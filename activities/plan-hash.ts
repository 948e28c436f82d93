import { createHash } from 'node:crypto';
import { canonicalJson } from '../workflows/domain/canonical-json.ts';
import type { UpgradePlan } from '../workflows/domain/plan.ts';

/** The plan with its hash: SHA-256, hex, of its canonical JSON without `hash`. */
export function hashPlan(plan: Omit<UpgradePlan, 'hash'>): UpgradePlan {
  const { hash: _former, ...bare } = { hash: '', ...plan };
  return { ...bare, hash: createHash('sha256').update(canonicalJson(bare)).digest('hex') };
}
