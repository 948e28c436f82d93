import type { EtcdKind } from '../../workflows/domain/observation.ts';
import type { Kube } from '../kubernetes/port.ts';
import { readYaml } from '../read-yaml.ts';
import { stepError } from '../step-error.ts';

/** What is read of the ConfigMap kubeadm-config; null where it does not say. */
export interface KubeadmConfig {
  readonly kubernetesVersion: string | null;
  readonly imageRepository: string | null;
  /** `external` only where it names external members; kubeadm's own default is a member on each control-plane node. */
  readonly etcd: EtcdKind;
}

export async function readKubeadmConfig(kube: Pick<Kube, 'getConfigMap'>): Promise<KubeadmConfig | null> {
  const map = await kube.getConfigMap('kube-system', 'kubeadm-config');
  const text = map?.data?.['ClusterConfiguration'];
  if (text === undefined) return null;
  const read = readYaml(text);
  if (!read.ok) throw stepError('Unexpected', `The ConfigMap kube-system/kubeadm-config holds a ClusterConfiguration that is not YAML: ${read.problem}.`, 'Correct it with `kubectl -n kube-system edit configmap kubeadm-config`: kubeadm reads it as well.');
  const config = read.values[0];
  return { kubernetesVersion: textAt(config, 'kubernetesVersion'), imageRepository: textAt(config, 'imageRepository'), etcd: isExternal(config) ? 'external' : 'stacked' };
}

function isExternal(config: unknown): boolean {
  const external = at(at(config, 'etcd'), 'external');
  return typeof external === 'object' && external !== null;
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function textAt(value: unknown, key: string): string | null {
  const found = at(value, key);
  return typeof found === 'string' && found !== '' ? found : null;
}
