import type { PlannedNode } from '../../workflows/domain/plan.ts';
import type { RestorePlan } from '../../workflows/domain/restore.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { compareVersions, parseVersion } from '../../workflows/domain/version.ts';
import { whileBeating } from '../activity-context.ts';
import type { Hosts, OpenHosts } from '../hosts/port.ts';
import type { Node } from '../kubernetes/objects.ts';
import type { OpenKube } from '../kubernetes/port.ts';
import { componentOf, isMirrorOf, listStaticPods } from '../observe/static-pods.ts';
import { isControlPlane } from '../nodes/ready.ts';
import { overHosts } from '../preflight/host-width.ts';
import { failureTypeOf, stepError } from '../step-error.ts';
import { compareWithSnapshot } from './compare-with-snapshot.ts';
import { findSnapshot, requireCluster } from './find-snapshot.ts';
import type { FoundSnapshot } from './find-snapshot.ts';
import { checkHostRestore } from './host-restore.ts';
import type { HostRestore } from './host-restore.ts';

export interface PlanRestoreOptions {
  readonly openKube: OpenKube;
  readonly openHosts: OpenHosts;
  readonly stateDir: string;
}

export interface PlanRestoreInput {
  readonly spec: UpgradeSpec;
  /** Path on the worker's machine, or the id of an upgrade; null takes the newest of the cluster. */
  readonly snapshot: string | null;
}

/** A node of the plan of then, and what its host has now. */
interface Checked {
  readonly node: PlannedNode;
  readonly host: HostRestore;
}

/** What the API says where a server of it answers. */
interface ApiView {
  readonly version: string;
  /** Version of each node's kubelet. */
  readonly kubelets: ReadonlyMap<string, string>;
  readonly controlPlanes: readonly string[];
}

/**
 * What a restore would do, from the snapshot, the records on the hosts and, where they answer, the API and etcd. Changes nothing.
 * Failures: FileMissing, SnapshotInvalid, SpecInvalid, ClusterMoved; HostStepFailed where a record is not complete; those of `Hosts`.
 */
export function createPlanRestore({ openKube, openHosts, stateDir }: PlanRestoreOptions) {
  return async function planRestore({ spec, snapshot }: PlanRestoreInput): Promise<RestorePlan> {
    return whileBeating(() => 'looking at the snapshot and the records', async () => {
      const found = await findSnapshot(stateDir, spec.name, snapshot);
      const { facts } = found;
      const api = await askApi(openKube, spec, found);
      refuseStrangers(api, found);
      const hosts = await openHosts(spec.access);
      const all = facts.nodes.map((node) => whereNow(node, spec));
      const members = all.filter(isMember);
      const checked = await checkMembers(hosts, members, found);
      const to = formerVersion(checked);
      const { workers, unasked } = await changedWorkers(hosts, all.filter((node) => !isMember(node)), found, api, to);
      const { written, writtenUnknown } = await compareWithSnapshot(hosts, members, found.file);
      return {
        cluster: spec.name, clusterUid: facts.clusterUid, upgrade: facts.upgrade, from: api?.version ?? null, to,
        snapshot: { file: found.file, sha256: facts.sha256, bytes: facts.bytes, revision: facts.revision, takenAt: facts.takenAt, etcdVersion: facts.etcdVersion },
        nodes: checked.map(({ node, host }) => ({ ...node, from: host.kubelet, to: node.from })), workers, unasked, written, writtenUnknown,
      };
    });
  };
}

function isMember({ roles }: PlannedNode): boolean {
  return roles.includes('control-plane') || roles.includes('etcd');
}

/** The address of the spec, should it have become another. */
function whereNow(node: PlannedNode, spec: UpgradeSpec): PlannedNode {
  const now = spec.nodes.find(({ name }) => name === node.name);
  return { ...node, address: now?.address ?? node.address, port: now?.port ?? node.port };
}

/** A restore is for when the API is gone, too: then the records on the hosts, which have the upgrade's id, say whose cluster it is. */
async function askApi(openKube: OpenKube, spec: UpgradeSpec, found: FoundSnapshot): Promise<ApiView | null> {
  try {
    const kube = await openKube(spec.access);
    requireCluster(found, await kube.clusterUid());
    const [version, nodes, staticPods] = await Promise.all([kube.serverVersion(), kube.listNodes(), listStaticPods(kube)]);
    const carries = (node: Node): boolean => isControlPlane(node) || staticPods.some((pod) => isMirrorOf(pod, node) && componentOf(pod) !== null);
    return {
      version, kubelets: new Map(nodes.map(({ metadata, status }) => [metadata.name, status.nodeInfo.kubeletVersion])),
      controlPlanes: nodes.filter(carries).map(({ metadata }) => metadata.name),
    };
  } catch (error) {
    if (failureTypeOf(error) === 'ApiUnreachable') return null;
    throw error;
  }
}

/** One that joined since would go on with the etcd of now, beside the one that comes back. */
function refuseStrangers(api: ApiView | null, { facts }: FoundSnapshot): void {
  const strangers = (api?.controlPlanes ?? []).filter((name) => !facts.nodes.some((node) => node.name === name));
  if (strangers.length === 0) return;
  throw stepError('ClusterMoved', `Control-plane nodes that joined since the snapshot was taken have no record: ${strangers.join(', ')}.`, 'Take them out of the cluster first (`kubeadm reset` on the node, then `kubectl delete node`), or go by hand: docs/operating.md. Nothing was changed.');
}

async function checkMembers(hosts: Hosts, members: readonly PlannedNode[], { facts }: FoundSnapshot): Promise<readonly Checked[]> {
  const checked = await checkAll(hosts, members, facts.upgrade, facts.sha256);
  const problems = checked.flatMap((each) => problemsOf(each).map((problem) => `${each.node.name}: ${problem}`));
  if (problems.length === 0) return checked;
  throw stepError('HostStepFailed', `Not every control-plane node can be taken back by what is recorded on it:\n${problems.join('\n')}`, 'Bring the records back, or take the snapshot of another upgrade (`--snapshot UPGRADE`). Nothing was changed.');
}

function problemsOf({ node, host }: Checked): readonly string[] {
  if (host.problem !== null) return [host.problem];
  return [
    ...(host.apiServer === null ? ['no version of its API server is recorded'] : []),
    ...(host.member === null ? ['no etcd member is recorded: only a stacked etcd is restored'] : []),
    ...(host.dataFreeKib === null ? ['the folder of etcd\'s data is not there'] : []),
    ...kubeletProblems(node, host),
  ];
}

/** What brings the former kubelet back is the record of its package, or that it never changed. */
function kubeletProblems(node: PlannedNode, host: HostRestore): readonly string[] {
  const core = node.from.replace(/^v/, '').replace('-', '~');
  if (host.formerKubelet === null) return host.kubelet === node.from ? [] : [`its kubelet is ${host.kubelet || 'absent'}, was ${node.from}, and its former package is not recorded`];
  const former = host.formerKubelet.replace(/^\d+:/, '');
  return former === core || former.startsWith(`${core}-`) ? [] : [`its recorded kubelet package is ${host.formerKubelet}, and its kubelet was ${node.from}`];
}

/** One version comes back: nodes that were already at another when the snapshot was taken would serve it mixed. */
function formerVersion(checked: readonly Checked[]): string {
  const versions = [...new Set(checked.flatMap(({ host }) => host.apiServer ?? []))];
  const [version] = versions;
  if (version !== undefined && versions.length === 1) return version;
  const said = checked.map(({ node, host }) => `${node.name} ${host.apiServer ?? 'none'}`).join(', ');
  throw stepError('SnapshotInvalid', `When the snapshot was taken, the control plane was not of one version: ${said}.`, 'Take the snapshot of the upgrade before (`--snapshot UPGRADE`), or go by hand: docs/operating.md. Nothing was changed.');
}

/**
 * Those that the version skew policy forbids beside the API server that comes back, and those that the upgrade has begun to change: a
 * kubelet that was replaced and has not reported since is known to its host only. A worker that cannot be asked goes back where the API
 * does not say that its kubelet is old enough: its step then waits for a person, not the restore.
 */
async function changedWorkers(hosts: Hosts, workers: readonly PlannedNode[], { facts }: FoundSnapshot, api: ApiView | null, to: string): Promise<Pick<RestorePlan, 'workers' | 'unasked'>> {
  const isThere = ({ name }: PlannedNode): boolean => api === null || api.kubelets.has(name);
  const found = await overHosts(workers.filter(isThere), async (node) => {
    const running = api?.kubelets.get(node.name);
    if (running !== undefined && isNewer(running, to)) return { back: { ...node, from: running, to: node.from }, unasked: null };
    const host = await checkHostRestore(hosts, node, facts.upgrade, facts.sha256).catch(() => null);
    const from = host?.kubelet || running || node.to;
    if (isNewer(from, to) || host?.isChanged === true) return { back: { ...node, from, to: node.from }, unasked: null };
    return { back: null, unasked: host === null ? node.name : null };
  });
  return { workers: found.flatMap(({ back }) => back ?? []), unasked: found.flatMap(({ unasked }) => unasked ?? []) };
}

function isNewer(version: string, than: string): boolean {
  const [one, other] = [parseVersion(version), parseVersion(than)];
  return one !== null && other !== null && compareVersions(one, other) > 0;
}

/** All hosts are asked before any is complained of. */
async function checkAll(hosts: Hosts, nodes: readonly PlannedNode[], upgrade: string, sha256: string): Promise<readonly Checked[]> {
  const results = await overHosts(nodes, async (node) => checkHostRestore(hosts, node, upgrade, sha256).then((host) => ({ node, host }), (error: unknown) => ({ node, error })));
  const failed = results.flatMap((result) => ('error' in result ? [result.error] : []));
  if (failed.length === 0) return results.flatMap((result) => ('host' in result ? [result] : []));
  const type = failed.map(failureTypeOf).find((each) => each !== null) ?? 'Unexpected';
  throw stepError(type, failed.map(messageOf).join('\n'), 'Mend what is named, then try again. Nothing was changed.');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
