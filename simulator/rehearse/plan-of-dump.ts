import { createObserveCluster, selectorKeys } from '../../activities/observe/observe-cluster.ts';
import { readLocalFiles } from '../../activities/plan/check-files.ts';
import { readDump } from '../../activities/dump/read-dump.ts';
import { hashPlan } from '../../workflows/domain/hash-plan.ts';
import type { ClusterDump } from '../../workflows/domain/cluster-dump.ts';
import type { Failure } from '../../workflows/domain/failure.ts';
import { planUpgrade } from '../../workflows/domain/plan-upgrade.ts';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { checkIdentity } from './check-identity.ts';
import { readDumpFolder } from './dump-files.ts';
import { listsOf, observedKubeOf } from './dump-source.ts';

export type PlanOfDump =
  | { readonly ok: true; readonly plan: UpgradePlan; readonly dump: ClusterDump }
  /** What the planner says against it. */
  | { readonly ok: false; readonly failures: readonly Failure[] };

/**
 * Plans from the files of a dump by the planner that the worker runs. Needs no Temporal and no worker, and opens nothing that
 * `access` names. Files that are applied are read where they are here as well; the plan says which are not.
 *
 * @throws RehearsalError where the dump cannot be read, or is not of the spec's cluster.
 */
export async function planOfDump(spec: UpgradeSpec, folder: string): Promise<PlanOfDump> {
  const objects = await readDumpFolder(folder);
  checkIdentity(spec, objects, folder);
  const observeCluster = createObserveCluster({
    openKube: () => Promise.resolve(observedKubeOf(objects)),
    openHosts: () => Promise.resolve({ probe: noHost, runStep: noHost, readOutput: noHost, download: noHost, upload: noHost, claimStep: noHost }),
    // Members and their leader are not in the API: the planner then counts the nodes that carry one.
    readEtcd: () => Promise.resolve({ kind: 'stacked', members: [], alarms: [] }),
  });
  const poolKeys = selectorKeys(spec);
  const observation = await observeCluster({ access: spec.access, nodes: spec.nodes, labelKeys: poolKeys });
  const result = planUpgrade(spec, observation);
  if (!result.ok) return { ok: false, failures: result.failures };
  const files = result.plan.changes ? await readLocalFiles(spec) : [];
  return { ok: true, plan: hashPlan({ ...result.plan, files }), dump: await readDump(listsOf(objects), { observation, poolKeys }) };
}

function noHost(): Promise<never> {
  return Promise.reject(new Error('no host is asked where a dump is read'));
}
