import type { Finding } from './check.ts';
import type { CheckId } from './checks.ts';

// With its plan an inspection stays under 32 KiB for a hundred nodes.
const MOST_CHARACTERS = 8_000;

/**
 * Findings as they travel through a history: checks that hold are one finding each, whatever number of nodes they hold on,
 * and what blocks or warns is listed until there is no more room; the rest is counted. Blocks come first.
 */
export function compactFindings(findings: readonly Finding[]): readonly Finding[] {
  const problems = [...findings.filter((finding) => finding.severity === 'block'), ...findings.filter((finding) => finding.severity === 'warn')];
  return [...withinRoom(problems), ...holding(findings.filter((finding) => finding.severity === 'info'))];
}

function withinRoom(problems: readonly Finding[]): readonly Finding[] {
  const kept: Finding[] = [];
  let characters = 0;
  for (const finding of problems) {
    characters += JSON.stringify(finding).length;
    if (characters > MOST_CHARACTERS && kept.length > 0) break;
    kept.push(finding);
  }
  const left = problems.slice(kept.length);
  const [first] = left;
  if (first === undefined) return kept;
  const nodes = [...new Set(left.flatMap((finding) => finding.node ?? []))].slice(0, 20).join(', ');
  const message = `${left.length} more findings are not listed here${nodes === '' ? '' : `, about ${nodes}`}.`;
  return [...kept, { check: 'more-findings', severity: first.severity, node: null, message, next: 'Correct what is listed, then look again.' }];
}

function holding(findings: readonly Finding[]): readonly Finding[] {
  const checks = new Map<CheckId, Finding[]>();
  for (const finding of findings) checks.set(finding.check, [...(checks.get(finding.check) ?? []), finding]);
  return [...checks.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined || same.length === 1) return same;
    return [{ ...first, node: null, message: `holds on ${same.length} nodes; ${first.node ?? 'one'}: ${first.message}` }];
  });
}
