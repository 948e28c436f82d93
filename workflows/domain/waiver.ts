import type { Finding } from './check.ts';
import { CHECKS, isCheckId } from './checks.ts';
import type { CheckId } from './checks.ts';
import type { Failure } from './failure.ts';
import { compareNames } from './order.ts';

/** A check that a person waives with `--ignore`: part of the plan and of its hash. */
export interface Waiver {
  readonly check: CheckId;
  /** Null waives it on every node, and of the cluster. */
  readonly node: string | null;
}

/** `host-swap@w1`, as it is written after `--ignore`. */
export function waiverText({ check, node }: { readonly check: string; readonly node: string | null }): string {
  return node === null ? check : `${check}@${node}`;
}

/** Why a check of this name is not waived; null where it may be. */
export function waiverProblem(check: string): string | null {
  if (!isCheckId(check)) return 'there is no such check';
  const { by, waivable } = CHECKS[check];
  if (by !== 'preflight') return 'preflight makes no such check, so it blocks nothing';
  return waivable ? null : 'this check is never waived';
}

/** Each once, in one order: the same waivers make the same plan, whoever wrote them in which order. */
export function sortedWaivers(waivers: readonly Waiver[]): readonly Waiver[] {
  const byText = new Map(waivers.map((waiver) => [waiverText(waiver), waiver]));
  return [...byText.keys()].toSorted(compareNames).flatMap((text) => byText.get(text) ?? []);
}

/** What is wrong with the waivers of a plan; who starts a workflow without the command line is told as well. */
export function waiverFailures(waivers: readonly Waiver[], nodes: readonly { readonly name: string }[]): readonly Failure[] {
  return waivers.flatMap((waiver): readonly Failure[] => {
    const place = `--ignore ${waiverText(waiver)}`;
    const problem = waiverProblem(waiver.check);
    if (problem !== null) return [{ type: 'SpecInvalid', message: `${place}: ${problem}`, next: 'Take it out; docs/checks.md lists what may be waived.' }];
    if (waiver.node === null || nodes.some(({ name }) => name === waiver.node)) return [];
    return [{ type: 'SpecInvalid', message: `${place}: the cluster has no node ${waiver.node}`, next: 'Write the name as `kubectl get nodes` prints it.' }];
  });
}

/** The findings with what was waived one step less severe, and saying so: it is told, and blocks nothing. */
export function waive(findings: readonly Finding[], waivers: readonly Waiver[]): readonly Finding[] {
  return findings.map((finding) => {
    const waiver = waivers.find(({ check, node }) => check === finding.check && (node === null || node === finding.node));
    if (waiver === undefined || finding.severity === 'info' || waiverProblem(finding.check) !== null) return finding;
    return { ...finding, severity: finding.severity === 'block' ? 'warn' : 'info', message: `${finding.message} (ignored by --ignore ${waiverText(waiver)})` } as const;
  });
}
