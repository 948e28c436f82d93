import type { Kube } from '../kubernetes/port.ts';
import { readYaml } from '../read-yaml.ts';
import { stepError } from '../step-error.ts';

/** What is read of the ConfigMap kubeadm-config; null where it does not say. */
export interface KubeadmConfig {
  readonly kubernetesVersion: string | null;
  readonly imageRepository: string | null;
}

export async function readKubeadmConfig(kube: Pick<Kube, 'getConfigMap'>): Promise<KubeadmConfig | null> {
  const map = await kube.getConfigMap('kube-system', 'kubeadm-config');
  const text = map?.data?.['ClusterConfiguration'];
  if (text === undefined) return null;
  const read = readYaml(text);
  if (!read.ok) throw stepError('Unexpected', `The ConfigMap kube-system/kubeadm-config holds a ClusterConfiguration that is not YAML: ${read.problem}.`, 'Correct it with `kubectl -n kube-system edit configmap kubeadm-config`: kubeadm reads it as well.');
  const config = read.values[0];
  return { kubernetesVersion: textAt(config, 'kubernetesVersion'), imageRepository: textAt(config, 'imageRepository') };
}

function textAt(value: unknown, key: string): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const found: unknown = Reflect.get(value, key);
  return typeof found === 'string' && found !== '' ? found : null;
}
