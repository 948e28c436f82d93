import type { PreflightResult } from '../index.ts';
import { currentActivity, whileBeating } from '../activity-context.ts';
import type { Clock } from '../activity-context.ts';
import type { OpenHosts } from '../hosts/port.ts';
import type { OpenKube } from '../kubernetes/port.ts';
import { rideOver } from '../kubernetes/wait.ts';
import { selectorKeys } from '../observe/observe-cluster.ts';
import type { ObserveInput } from '../observe/observe-cluster.ts';
import { compactFindings } from '../../workflows/domain/compact-findings.ts';
import type { Finding } from '../../workflows/domain/check.ts';
import type { CheckId } from '../../workflows/domain/checks.ts';
import type { Observation } from '../../workflows/domain/observation.ts';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import { waive } from '../../workflows/domain/waiver.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { clusterFindings } from './cluster-checks.ts';
import { findingOfError } from './finding-of-error.ts';
import { hostFindings } from './host-checks.ts';
import { readKubeletConfig } from './kubelet-settings.ts';
import type { KubeletConfig } from './kubelet-settings.ts';
import { reachFindings } from './reach-checks.ts';
import { rehearsedFindings } from './rehearsed-drains.ts';
import type { RehearsedOptions } from './rehearsed-drains.ts';
import { replacedFindings } from './replaced/replaced-findings.ts';
import { workerDiskFindings } from './worker-disk-checks.ts';
import { exposureFindings } from './exposure-findings.ts';

export interface PreflightInput {
  readonly spec: UpgradeSpec;
  /** Null: only the ways in are checked. */
  readonly plan: UpgradePlan | null;
  /** Whether a rehearsal says which drains would not end: `also` beside all other checks, `only` without them. Absent: it does not. */
  readonly rehearse?: 'also' | 'only';
}

export interface PreflightOptions {
  readonly openKube: OpenKube;
  readonly openHosts: OpenHosts;
  readonly observeCluster: (input: ObserveInput) => Promise<Observation>;
  readonly now: Clock;
  /** Absent: drains are not rehearsed. */
  readonly drains?: RehearsedOptions;
  /** Folder of this worker for what it keeps; absent where its room does not matter. */
  readonly stateDir?: string;
}

/** Every check, at once. A check that cannot be made is a finding that blocks, never a silence. Reads only. */
export function createRunPreflight(options: PreflightOptions): (input: PreflightInput) => Promise<PreflightResult> {
  return async function runPreflight(input) {
    const startMs = options.now();
    const findings = compactFindings(await whileBeating(() => 'preflight checks run', () => findingsOf(options, input)));
    return { findings, startedAt: new Date(startMs).toISOString(), seconds: (options.now() - startMs) / 1000 };
  };
}

async function findingsOf(options: PreflightOptions, input: PreflightInput): Promise<readonly Finding[]> {
  if (input.plan === null) return reachFindings(options, input.spec);
  const [checked, rehearsed] = await Promise.all([
    input.rehearse === 'only' ? [] : allFindings(options, input, input.plan),
    input.rehearse === undefined || options.drains === undefined ? [] : rehearsedFindings(options.drains, input.spec, input.plan),
  ]);
  return waive([...checked, ...rehearsed], input.plan.spec.ignore);
}

/** An API server that restarts must not stop an upgrade before it begins; a person who waits for the answer must not wait long. */
const OUTAGE_MS = 15_000;

async function allFindings(options: PreflightOptions, { spec }: PreflightInput, plan: UpgradePlan): Promise<readonly Finding[]> {
  const [cluster, hosts, replaced] = await Promise.all([
    guarded('cluster-checks', () => rideOver(currentActivity(), async () => {
      const observation = await options.observeCluster({ access: spec.access, nodes: spec.nodes, labelKeys: selectorKeys(spec) });
      const room = options.stateDir === undefined ? [] : await workerDiskFindings(options.stateDir, observation.etcd);
      const kube = await options.openKube(spec.access);
      return [...exposureFindings(kube), ...(await clusterFindings(kube, spec, observation, plan, options.now())), ...room];
    }, OUTAGE_MS)),
    guarded('host-checks', async () => {
      const kubeletConfig = await kubeletConfigOf(options, spec);
      return hostFindings(await options.openHosts(spec.access), plan, spec, { imageRepository: plan.imageRepository, kubeletConfig });
    }),
    guarded('cluster-checks', () => replacedFindings({ openKube: () => options.openKube(spec.access), openHosts: () => options.openHosts(spec.access), outageMs: OUTAGE_MS }, plan, spec)),
  ]);
  const said = [...cluster, ...hosts];
  // What keeps one check from its host or the API keeps the others too.
  const isSaid = ({ node, message }: Finding): boolean => said.some((other) => other.node === node && other.message === message);
  return [...said, ...replaced.filter((finding) => !isSaid(finding))];
}

/** Null where the API does not say: the cluster's own checks name that, and the hosts are checked all the same. */
async function kubeletConfigOf({ openKube }: PreflightOptions, { access }: UpgradeSpec): Promise<KubeletConfig | null> {
  try {
    return await rideOver(currentActivity(), async () => readKubeletConfig(await openKube(access)), OUTAGE_MS);
  } catch {
    currentActivity().signal.throwIfAborted();
    return null;
  }
}

async function guarded(check: CheckId, read: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await read();
  } catch (error) {
    return [findingOfError(check, null, error)];
  }
}
