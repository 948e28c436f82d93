import type { TestContext } from 'node:test';
import { createPackageActivities } from '../../activities/packages/package-activities.ts';
import { hostFindings } from '../../activities/preflight/host-checks.ts';
import type { ClusterWords } from '../../activities/preflight/host-checks.ts';
import type { Hosts } from '../../activities/hosts/port.ts';
import type { Finding, Severity } from '../../workflows/domain/check.ts';
import { executedSpec } from '../../workflows/domain/executed-spec.ts';
import type { PlannedNode, UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import { openPlannedKube, UPGRADED } from '../support/planned-kube.ts';
import { runActivity } from '../support/run-activity.ts';
import { withEtcd } from './etcd-double.ts';
import { fakeHost } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';
import { atOldMinor, KUBEADM, plannedNode, TEMPLATE, UPGRADE } from './inputs.ts';

export const CP1 = plannedNode('cp1', 'control-plane', true);
export const W1 = plannedNode('w1', 'worker');

export const SPEC: UpgradeSpec = {
  name: 'prod', driver: 'kubeadm', target: { version: 'v1.34.4' }, access: UPGRADE.access, nodes: [], exclude: [], etcd: { snapshot: { keep: 5 }, acceptOutage: false, backup: null }, staging: { width: 20 },
  pools: [], packages: { repository: TEMPLATE }, kubeadm: KUBEADM, addons: [],
};

function plan(nodes: readonly PlannedNode[]): UpgradePlan {
  return { cluster: 'prod', clusterUid: 'uid', driver: 'kubeadm', from: 'v1.33.13', to: 'v1.34.4', hops: [], phases: [], nodes, etcd: { kind: 'stacked', members: 1, outage: false }, changes: true, notes: [], imageRepository: null, spec: executedSpec(SPEC), files: [], hash: '' };
}

/** A sound control-plane host of the community's packages at v1.33.13. */
export function checkedHost(context: TestContext): FakeHost {
  const made = withEtcd(atOldMinor(fakeHost('apt')), { leader: 'cp1', versions: { cp1: '3.5.24' } });
  context.after(() => made.remove());
  for (const name of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler']) made.put(`/etc/kubernetes/manifests/${name}.yaml`, '');
  made.put('/proc/swaps', 'Filename Type Size Used Priority\n');
  made.put('/proc/locks', '');
  return made;
}

/** Both nodes stand on one host here; the worker has no static pods. */
function withWorker(hosts: Hosts): Hosts {
  return {
    ...hosts,
    probe: async (host, ...rest) => {
      const result = await hosts.probe(host, ...rest);
      return host.name.startsWith('w') ? { ...result, stdout: result.stdout.replace(/^static-pods .*\n/m, '') } : result;
    },
  };
}

interface FindingOptions {
  readonly nodes?: readonly PlannedNode[];
  readonly spec?: Partial<UpgradeSpec>;
  readonly words?: Partial<ClusterWords>;
}

export async function findings(made: FakeHost, { nodes = [CP1, W1], spec = {}, words = {} }: FindingOptions = {}): Promise<readonly Finding[]> {
  return runActivity(() => hostFindings(withWorker(made.hosts), plan(nodes), { ...SPEC, ...spec }, { imageRepository: null, kubeletConfig: null, ...words }), undefined).result;
}

/** Messages of one severity, `NODE: MESSAGE`. */
export function said(found: readonly Finding[], severity: Severity): readonly string[] {
  return found.filter((finding) => finding.severity === severity).map((finding) => `${finding.node}: ${finding.message}`);
}

export function blocks(found: readonly Finding[]): readonly string[] {
  return said(found, 'block');
}

export function packageSteps(made: FakeHost): ReturnType<typeof createPackageActivities> {
  return createPackageActivities({ openKube: openPlannedKube(UPGRADED), openHosts: () => Promise.resolve(made.hosts), now: () => 0 });
}
