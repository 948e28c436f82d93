import { companionsOf, IMAGE_REPOSITORY } from '../../components.ts';
import { kubeletConfiguration, withDefaultsOf } from '../../kubelet-config.ts';
import type { ApiObject } from '../../model.ts';
import { minorNumber } from '../machine.ts';
import type { Machine } from '../machine.ts';

/** The parts of the cluster that kubeadm reads and writes through the API. */
const NAMESPACE = 'kube-system';

/** `kubernetesVersion` of kubeadm-config, `v1.33.13`. */
export function clusterVersion({ world: { model, description } }: Machine): string {
  const text = configurationOf(model.store.get('configmaps', NAMESPACE, 'kubeadm-config'));
  return /^kubernetesVersion: *"?(v[^\s"]+)"?/m.exec(text)?.[1] ?? description.version;
}

/** ClusterConfiguration of kubeadm-config. */
export function clusterConfiguration({ world: { model } }: Machine): string {
  return configurationOf(model.store.get('configmaps', NAMESPACE, 'kubeadm-config'));
}

/** What kubelet-config says; what kubeadm of the version would put there where it is not there. */
export function kubeletConfigOf({ world: { model } }: Machine, version: string): string {
  const text = recordOf(model.store.get('configmaps', NAMESPACE, 'kubelet-config')?.['data'])['kubelet'];
  return typeof text === 'string' ? text : kubeletConfiguration(version);
}

export function writeClusterVersion({ world: { model } }: Machine, version: string): void {
  model.store.update('configmaps', NAMESPACE, 'kubelet-config', (map) => {
    const data = recordOf(map['data']);
    return { ...map, data: { ...data, kubelet: withDefaultsOf(version, String(data['kubelet'])) } };
  });
  model.store.update('configmaps', NAMESPACE, 'kubeadm-config', (map) => ({
    ...map,
    data: { ...recordOf(map['data']), ClusterConfiguration: configurationOf(map).replace(/^kubernetesVersion: .*$/m, `kubernetesVersion: ${version}`) },
  }));
}

/** The add-ons that kubeadm upgrades with the last control-plane node. */
export function upgradeAddons({ world: { model } }: Machine, version: string): void {
  setImage(model.store.update.bind(model.store, 'daemonsets', NAMESPACE, 'kube-proxy'), `${IMAGE_REPOSITORY}/kube-proxy:${version}`);
  setImage(model.store.update.bind(model.store, 'deployments', NAMESPACE, 'coredns'), `${IMAGE_REPOSITORY}/coredns/coredns:${companionsOf(version).coredns}`);
}

/** Names of control-plane nodes that are not Ready, as kubeadm's health check finds them. */
export function notReadyControlPlanes({ world: { model, machines } }: Machine): readonly string[] {
  return [...machines.values()].filter(({ node }) => node.role === 'control-plane').flatMap(({ node }) => {
    const conditions = conditionsOf(model.store.get('nodes', null, node.name));
    const ready = conditions.find((condition) => condition['type'] === 'Ready');
    return ready === undefined || ready['status'] === 'True' ? [] : [node.name];
  });
}

/** Control-plane nodes besides this one whose API server is not at the version yet. */
export function behind({ world: { machines }, node }: Machine, version: string): readonly string[] {
  return [...machines.values()].filter((other) => other.node.role === 'control-plane' && other.node.name !== node.name && other.apiServer.version !== version).map((other) => other.node.name);
}

/** Why kubeadm of this version refuses the upgrade, in its own words; null where it does not. */
export function refusal(machine: Machine, kubeadm: string, target: string, isApply: boolean): string | null {
  if (!isApply) return null;
  const fatal = '[upgrade/version] FATAL: the --version argument is invalid due to these fatal errors:\n\n\t- ';
  const current = clusterVersion(machine);
  if (minorNumber(target) > minorNumber(current) + 1) return `${fatal}Specified version to upgrade to "${target}" is too high; kubeadm can upgrade only 1 minor version at a time`;
  if (minorNumber(target) > minorNumber(kubeadm)) return `${fatal}Specified version to upgrade to "${target}" is higher than the kubeadm version "${kubeadm}". Upgrade kubeadm first using the tool you used to install kubeadm`;
  const away = notReadyControlPlanes(machine);
  return away.length === 0 ? null : `[upgrade/health] FATAL: preflight checks failed: [ERROR ControlPlaneNodesReady]: there are NotReady control-planes in the cluster: [${away.join(' ')}]`;
}

function setImage(update: (change: (object: ApiObject) => ApiObject) => ApiObject | null, image: string): void {
  update((workload) => {
    const spec = recordOf(workload['spec']);
    const template = recordOf(spec['template']);
    const pod = recordOf(template['spec']);
    const [first, ...others] = Array.isArray(pod['containers']) ? pod['containers'].map(recordOf) : [];
    const containers = [{ ...first, image }, ...others];
    const { generation } = workload.metadata;
    return { ...workload, metadata: { ...workload.metadata, generation: (generation ?? 1) + 1 }, spec: { ...spec, template: { ...template, spec: { ...pod, containers } } } };
  });
}

function configurationOf(map: ApiObject | null): string {
  const text = recordOf(map?.['data'])['ClusterConfiguration'];
  return typeof text === 'string' ? text : '';
}

function conditionsOf(object: ApiObject | null): readonly Readonly<Record<string, unknown>>[] {
  const conditions = recordOf(object?.['status'])['conditions'];
  return Array.isArray(conditions) ? conditions.map(recordOf) : [];
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
