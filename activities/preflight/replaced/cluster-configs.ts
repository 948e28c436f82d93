import { isObject } from '../../json-value.ts';
import type { JsonObject } from '../../json-value.ts';
import type { Kube } from '../../kubernetes/port.ts';
import { stepError } from '../../step-error.ts';
import { parseYaml } from '../../read-yaml.ts';

/** What kubeadm makes manifests and the kubelets' configuration from. */
export interface ClusterConfigs {
  /** ClusterConfiguration of the ConfigMap kubeadm-config. */
  readonly cluster: JsonObject;
  /** KubeletConfiguration of the ConfigMap kubelet-config. */
  readonly kubelet: JsonObject;
}

/** Failures: SpecInvalid where a ConfigMap is not there or not what kubeadm writes, and those of `Kube`. */
export async function readClusterConfigs(kube: Pick<Kube, 'getConfigMap'>): Promise<ClusterConfigs> {
  const [cluster, kubelet] = await Promise.all([readConfig(kube, 'kubeadm-config', 'ClusterConfiguration'), readConfig(kube, 'kubelet-config', 'kubelet')]);
  return { cluster, kubelet };
}

async function readConfig(kube: Pick<Kube, 'getConfigMap'>, name: string, key: string): Promise<JsonObject> {
  const text = (await kube.getConfigMap('kube-system', name))?.data?.[key];
  if (text === undefined) throw missing(name, `has no key ${key}, or is not there`);
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    throw missing(name, `cannot be parsed: ${error instanceof Error ? error.message.split('\n')[0] ?? '' : String(error)}`);
  }
  if (!isObject(value)) throw missing(name, `holds no configuration under ${key}`);
  return value;
}

function missing(name: string, cause: string): Error {
  return stepError('SpecInvalid', `The ConfigMap ${name} in kube-system ${cause}: kubeadm upgrades from it.`, `See \`kubectl -n kube-system get configmap ${name} -o yaml\`; kubeadm writes it with \`kubeadm init phase upload-config\`.`);
}
