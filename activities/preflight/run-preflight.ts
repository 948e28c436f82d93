import type { PreflightResult } from '../index.ts';
import { currentActivity } from '../activity-context.ts';
import type { OpenHosts } from '../hosts/port.ts';
import type { OpenKube } from '../kubernetes/port.ts';
import { selectorKeys } from '../observe/observe-cluster.ts';
import type { ObserveInput } from '../observe/observe-cluster.ts';
import type { Finding } from '../../workflows/domain/check.ts';
import type { Observation } from '../../workflows/domain/observation.ts';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { clusterFindings } from './cluster-checks.ts';
import { findingOfError } from './finding-of-error.ts';
import { hostFindings } from './host-checks.ts';
import { reachFindings } from './reach-checks.ts';

export interface PreflightInput {
  readonly spec: UpgradeSpec;
  /** Null: only the ways in are checked. */
  readonly plan: UpgradePlan | null;
  readonly imageRepository: string | null;
}

export interface PreflightOptions {
  readonly openKube: OpenKube;
  readonly openHosts: OpenHosts;
  readonly observeCluster: (input: ObserveInput) => Promise<Observation>;
  readonly now: () => Date;
}

// Findings are read by people; checks of many hosts take a while, and Temporal must hear meanwhile that the worker lives.
const HEARTBEAT_MS = 5_000;

/** Every check, at once. A check that cannot be made is a finding that blocks, never a silence. Reads only. */
export function createRunPreflight(options: PreflightOptions): (input: PreflightInput) => Promise<PreflightResult> {
  return async function runPreflight(input) {
    const { heartbeat } = currentActivity();
    const startedAt = options.now();
    const beat = setInterval(() => heartbeat({ message: 'preflight checks run' }), HEARTBEAT_MS);
    try {
      const findings = input.plan === null ? await reachFindings(options, input.spec) : await allFindings(options, input, input.plan);
      return { findings, startedAt: startedAt.toISOString(), seconds: (options.now().getTime() - startedAt.getTime()) / 1000 };
    } finally {
      clearInterval(beat);
    }
  };
}

async function allFindings(options: PreflightOptions, { spec, imageRepository }: PreflightInput, plan: UpgradePlan): Promise<readonly Finding[]> {
  const [cluster, hosts] = await Promise.all([
    guarded('cluster', async () => {
      const observation = await options.observeCluster({ access: spec.access, nodes: spec.nodes, labelKeys: selectorKeys(spec) });
      return clusterFindings(await options.openKube(spec.access), spec, observation, plan);
    }),
    guarded('hosts', async () => hostFindings(await options.openHosts(spec.access), plan, spec, imageRepository)),
  ]);
  return [...cluster, ...hosts];
}

async function guarded(check: string, read: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await read();
  } catch (error) {
    return [findingOfError(check, null, error)];
  }
}
