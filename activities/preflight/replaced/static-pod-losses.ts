import { featuresOf } from './features.ts';
import type { Feature } from './features.ts';
import type { Loss } from './loss.ts';
import { parseYaml } from '../../read-yaml.ts';

export interface Compared<T> {
  readonly running: T;
  /** What kubeadm would write. */
  readonly wanted: T;
  /** The same without what a person has put into kubeadm-config and the patches. */
  readonly plain: T;
}

/** A running static pod beside what kubeadm would write. */
export interface Comparison {
  readonly losses: readonly Loss[];
  /** What comes with the upgrade, and what of kubeadm's own a person's configuration changes; without values. */
  readonly comes: readonly string[];
}

/** @throws Error where a text is not the YAML of a pod. */
export function compareStaticPod(component: string, { running, wanted, plain }: Compared<string>): Comparison {
  return comparePods(component, { running: parseYaml(running), wanted: parseYaml(wanted), plain: parseYaml(plain) });
}

/** @throws Error where one is not a pod. */
export function comparePods(component: string, pods: Compared<unknown>): Comparison {
  const [running, wanted, plain] = [featuresOf(pods.running, component), featuresOf(pods.wanted, component), featuresOf(pods.plain, component)];
  const different = [...running].filter(([key, { form }]) => wanted.get(key)?.form !== form);
  // What kubeadm would write by itself is nobody's loss where a person's configuration says otherwise; where that takes it away, it is.
  const isOwn = ([key, { form }]: readonly [string, Feature]): boolean => plain.get(key)?.form === form && wanted.has(key);
  const losses = different.filter((entry) => !isOwn(entry)).map(([key, feature]) => lossOf(feature, wanted.get(key), plain.get(key)));
  const added = [...wanted].filter(([key]) => !running.has(key)).map(([, feature]) => feature);
  return { losses, comes: [...different.filter(isOwn).map(([, feature]) => feature), ...added].filter(({ kind }) => kind !== 'probe').map(({ name }) => name) };
}

function lossOf({ kind, name, value }: Feature, wanted: Feature | undefined, plain: Feature | undefined): Loss {
  if (wanted === undefined) return { kind, what: `${name}${value}${plain === undefined ? '' : ' (kubeadm\'s own, which kubeadm-config or a patch takes away)'}`, isDecided: false };
  const other = kind === 'image' ? wanted.name.replace('the image ', '') : wanted.value.replace(/^(=|: )/, '');
  const writes = kind === 'flag' || kind === 'image' || kind === 'other' ? ` (kubeadm writes ${other === '' ? 'another value' : other})` : '';
  return { kind, what: `${name}${value}${writes}`, isDecided: wanted.form !== plain?.form };
}
