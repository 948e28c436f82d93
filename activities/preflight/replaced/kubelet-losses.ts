import { canonical, isNothing, isObject } from '../../json-value.ts';
import type { JsonObject } from '../../json-value.ts';
import { shown } from './loss.ts';
import { parseYaml } from '../../read-yaml.ts';

/**
 * What kubeadm sets for each node by itself, whatever the ConfigMap says: the socket of the node's runtime, and the resolver where
 * systemd-resolved runs. And its own defaults, which it writes where the ConfigMap has no such key.
 */
const OF_THE_NODE = ['containerRuntimeEndpoint'];
const BY_ITSELF: JsonObject = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration', resolvConf: '/run/systemd/resolve/resolv.conf', staticPodPath: '/etc/kubernetes/manifests',
  healthzBindAddress: '127.0.0.1', healthzPort: 10248, rotateCertificates: true, cgroupDriver: 'systemd',
};
/** What the kubelet writes for a duration that nobody has set. */
const UNSET = '0s';

/**
 * Keys of a node's kubelet configuration that are not in the one that kubeadm would write, or differ there.
 *
 * @param wanted ConfigMap kubelet-config, with the patches of the spec.
 * @param plain The same without them: what a patch replaces of it is not a loss.
 * @throws Error where `running` is not YAML.
 */
export function kubeletLosses(running: string, wanted: JsonObject, plain: JsonObject = wanted): readonly string[] {
  const has: unknown = parseYaml(running);
  if (!isObject(has)) return [];
  return Object.keys(has).flatMap((key) => {
    if (OF_THE_NODE.includes(key) || (!(key in wanted) && canonical(has[key]) === canonical(BY_ITSELF[key]))) return [];
    return lossesAt(key, has[key], wanted[key], plain[key]);
  });
}

function lossesAt(path: string, has: unknown, gets: unknown, plain: unknown): readonly string[] {
  if (isNothing(has) || has === UNSET || [gets, plain].some((value) => canonical(value) === canonical(has))) return [];
  if (isObject(has)) return Object.keys(has).flatMap((key) => lossesAt(`${path}.${key}`, has[key], isObject(gets) ? gets[key] : undefined, isObject(plain) ? plain[key] : undefined));
  const other = gets === undefined ? '' : ` (kubeadm writes ${shown(gets, '') === '' ? 'another value' : shown(gets, '')})`;
  return [`${path}${shown(has, ': ')}${other}`];
}
