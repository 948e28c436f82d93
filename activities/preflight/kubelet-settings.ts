import type { Kube } from '../kubernetes/port.ts';
import type { HostFacts } from './host-facts.ts';
import { parseYaml } from '../read-yaml.ts';

/** Top-level scalars of the ConfigMap kubelet-config, from which kubeadm writes the kubelet's configuration of every node. */
export type KubeletConfig = Readonly<Record<string, string>>;

/** Null where the ConfigMap is absent or is not YAML: then only what the host says is known. */
export async function readKubeletConfig(kube: Pick<Kube, 'getConfigMap'>): Promise<KubeletConfig | null> {
  const text = (await kube.getConfigMap('kube-system', 'kubelet-config'))?.data?.['kubelet'];
  if (text === undefined) return null;
  try {
    const read: unknown = parseYaml(text, '1.1');
    if (typeof read !== 'object' || read === null) return null;
    return Object.fromEntries(Object.entries(read).flatMap(([key, value]: [string, unknown]) => (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [[key, String(value)]] : [])));
  } catch {
    return null;
  }
}

/** Whether a setting of the kubelet is false, and who says so; `by` null where nobody does and the kubelet's default counts. */
export interface Setting {
  readonly isFalse: boolean;
  readonly by: string | null;
}

/** What counts now, and what will count once kubeadm has written the kubelet's configuration anew. */
export interface SettingOverTime {
  readonly now: Setting;
  readonly later: Setting;
}

/** A value that the kubelet, which reads YAML 1.1, takes for false; a comment may follow. */
const YAML_FALSE = /^["']?(false|no|off|n)["']?\s*( #.*)?$/i;
/** As Go reads a flag. */
const FLAG_FALSE = /^(0|f|F|false|FALSE|False)$/;

/** The kubelet's flags go before its drop-ins, and those before its configuration file; kubeadm writes that file and nothing else of them. */
export function settingOf(facts: HostFacts, key: string, config: KubeletConfig | null): SettingOverTime {
  const [flag, dropIn, file] = (['kubelet-flag', 'kubelet-drop-in', 'kubelet-file'] as const).map((place) => valueIn(facts, place, key));
  if (flag !== null && flag !== undefined) return steady({ isFalse: FLAG_FALSE.test(flag), by: 'a flag of the running kubelet' });
  if (dropIn !== null && dropIn !== undefined) return steady({ isFalse: YAML_FALSE.test(dropIn), by: 'a drop-in of its --config-dir' });
  const now = file === null || file === undefined ? { isFalse: false, by: null } : { isFalse: YAML_FALSE.test(file), by: 'its configuration file' };
  if (config === null) return steady(now);
  const written = config[key];
  return { now, later: written === undefined ? { isFalse: false, by: null } : { isFalse: YAML_FALSE.test(written), by: 'the ConfigMap kubelet-config' } };
}

function steady(setting: Setting): SettingOverTime {
  return { now: setting, later: setting };
}

function valueIn(facts: HostFacts, place: string, key: string): string | null {
  const line = facts.all(place).find((value) => value === key || value.startsWith(`${key} `));
  return line?.slice(key.length + 1).trim() || null;
}
