import { nearestKey } from '../spec/nearest-key.ts';
import { CHECKS, isCheckId } from '../workflows/domain/checks.ts';
import type { UpgradeSpec } from '../workflows/domain/spec.ts';
import { sortedWaivers, waiverProblem } from '../workflows/domain/waiver.ts';
import type { Waiver } from '../workflows/domain/waiver.ts';
import { usageError } from './command-error.ts';

/** A node's name as Kubernetes takes it. */
const NODE_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** The spec with what `--ignore` waives. Whether the cluster has the nodes is seen when it is read. @throws CommandError for what may not be waived. */
export function withWaivers(spec: UpgradeSpec, written: readonly string[]): UpgradeSpec {
  return written.length === 0 ? spec : { ...spec, ignore: sortedWaivers(written.map(readWaiver)) };
}

/** Reads `CHECK` or `CHECK@NODE`. */
function readWaiver(text: string): Waiver {
  const at = text.indexOf('@');
  const check = at === -1 ? text : text.slice(0, at);
  const node = at === -1 ? null : text.slice(at + 1);
  const problem = waiverProblem(check);
  if (problem !== null || !isCheckId(check)) throw refused(text, problem ?? 'there is no such check', hint(check));
  if (node !== null && !NODE_NAME.test(node)) throw refused(text, 'what stands behind @ is not the name of a node', 'write CHECK or CHECK@NODE, with the name as `kubectl get nodes` prints it');
  return { check, node };
}

function refused(text: string, problem: string, next: string): Error {
  return usageError(`--ignore ${text}: ${problem}`, next);
}

function hint(check: string): string {
  const waivable = Object.entries(CHECKS).filter(([, info]) => info.waivable).map(([id]) => id);
  if (isCheckId(check)) return 'correct what it finds; docs/checks.md lists what may be waived';
  const near = nearestKey(check, Object.keys(CHECKS));
  return near === null ? `one of ${waivable.join(', ')}` : `did you mean ${near}? docs/checks.md lists every check`;
}
