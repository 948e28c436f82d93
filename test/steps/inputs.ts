import { machineIdsOf } from '../../simulator/machine-ids.ts';
import type { PlannedNode } from '../../workflows/domain/plan.ts';
import type { PackageStepInput, PlannedKubeadm, UpgradeRef } from '../../workflows/domain/step.ts';
import type { FakeHost } from './fake-host.ts';

export const TEMPLATE = 'https://packages.example/core:/stable:/v{minor}/deb/';
export const RPM_TEMPLATE = 'https://packages.example/core:/stable:/v{minor}/rpm/';

export const KUBEADM: PlannedKubeadm = { certificateRenewal: true, ignorePreflightErrors: [], componentConfigs: null, patches: null, files: [] };

export const UPGRADE: UpgradeRef = {
  cluster: 'prod', clusterUid: 'uid', id: 'u1', workflowId: 'upgrade/prod',
  access: {
    transport: 'ssh', kubeconfig: { file: 'kubeconfig' },
    ssh: { user: 'ops', port: 22, privateKey: { file: 'key' }, knownHosts: { file: 'known_hosts' }, bastion: null, become: 'sudo' },
  },
};

export function plannedNode(name: string, role: 'control-plane' | 'worker', first = false): PlannedNode {
  return {
    name, uid: `uid-${name}`, machineId: machineIdsOf('prod', name).machineId, systemUuid: null, roles: role === 'worker' ? ['worker'] : ['etcd', 'control-plane'], address: `${name}.example`, port: 22, pool: null, zone: null,
    from: 'v1.33.13', to: 'v1.34.4', first, cordoned: false, changes: true,
  };
}

export function packageInput(node: PlannedNode, change: Partial<PackageStepInput> = {}): PackageStepInput {
  return { upgrade: UPGRADE, node, retry: 0, epochMs: 1, repository: TEMPLATE, imageRepository: null, kubeadm: KUBEADM, ...change };
}

/** A host of the community's apt repository at v1.33.13, everything held. */
export function atOldMinor(host: FakeHost): FakeHost {
  for (const name of ['kubeadm', 'kubelet', 'kubectl']) {
    host.set(`installed/${name}`, '1.33.13-1.1\n');
    host.set(`held/${name}`, '');
  }
  host.set('repository/1.33', '1.33.13-1.1\n');
  host.set('repository/1.34', '1.34.4-1.1 1.34.4-1.2 1.34.40-1.1 1.34.3-1.1\n');
  host.put('/etc/apt/sources.list', 'deb http://deb.example/debian bookworm main\n');
  host.put('/etc/apt/sources.list.d/kubernetes.list', '# https://packages.example/core:/stable:/v1.33/deb/ is signed\ndeb [signed-by=/etc/apt/keyrings/k8s.gpg] https://packages.example/core:/stable:/v1.33/deb/ /\n');
  return host;
}

/** A host of the community's yum repository at v1.33.13. */
export function atOldMinorOfRpm(host: FakeHost): FakeHost {
  for (const name of ['kubeadm', 'kubelet', 'kubectl']) host.set(`installed/${name}`, '1.33.13-150500.1.1\n');
  host.set('held/kubelet', '');
  host.set('repository/1.34', '1.34.4-150500.1.1\n');
  host.put('/etc/yum.repos.d/other.repo', '[other]\nbaseurl=https://other.example/\n');
  host.put('/etc/yum.repos.d/kubernetes.repo', [
    '[kubernetes]', 'name=Kubernetes', 'baseurl=https://packages.example/core:/stable:/v1.33/rpm/', 'gpgcheck=1',
    'gpgkey=https://packages.example/core:/stable:/v1.33/rpm/repodata/repomd.xml.key', 'exclude=kubelet kubeadm kubectl cri-tools kubernetes-cni', '',
  ].join('\n'));
  return host;
}
