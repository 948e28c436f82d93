import type { Finding } from '../../workflows/domain/check.ts';
import type { PlannedNode } from '../../workflows/domain/plan.ts';
import { compareVersions, parseVersion } from '../../workflows/domain/version.ts';
import type { HostFacts } from './host-facts.ts';
import { hostFinding } from './host-finding.ts';

/** Packages that the host has at a newer version than the plan brings: no step takes them back, so none would succeed. */
export function newerPackageFindings(node: PlannedNode, facts: HostFacts): readonly Finding[] {
  const newer = facts.all('installed').filter((value) => isNewer(value.split(' ')[1] ?? '', node.to));
  if (newer.length === 0) return [];
  return [hostFinding(
    'host-packages', 'block', node.name, `${newer.join(', ')}: newer than ${node.to}, and an upgrade takes no package back.`,
    'Somebody has upgraded this host: bring the package back by hand where that was a mistake, or set spec.target.version to what it is at.',
  )];
}

/** `0:1.34.9-1.1` and `1.35.0~rc.1-150500.1.1` are packages of v1.34.9 and v1.35.0-rc.1. */
function isNewer(packaged: string, version: string): boolean {
  const parsed = parseVersion(packaged.replace(/^\d+:/, '').replace(/-[^-]*$/, '').replace('~', '-'));
  const wanted = parseVersion(version);
  return parsed !== null && wanted !== null && compareVersions({ ...parsed, build: null }, { ...wanted, build: null }) > 0;
}
