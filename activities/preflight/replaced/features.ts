import { canonical, isNothing, isObject, objectAt, objectsAt, textAt } from '../../json-value.ts';
import type { JsonObject } from '../../json-value.ts';
import { flagsOf } from './flags.ts';
import { shown } from './loss.ts';
import type { LossKind } from './loss.ts';
import { probeOf, readPod } from './pod.ts';
import type { StaticPod } from './pod.ts';

/** One thing that a static pod has: a flag, a mount, a setting. */
export interface Feature {
  readonly kind: LossKind;
  /** As a person finds it, without its value: `--audit-log-path`. */
  readonly name: string;
  /** `=/var/log/audit.log`; empty where the value may be a secret. */
  readonly value: string;
  /** Equal where the features are. */
  readonly form: string;
}

/** By what names them in the pod. */
export type Features = ReadonlyMap<string, Feature>;

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'];
/** Looked at in their own way, or nothing but a consequence of it. */
const CONTAINER_KEYS = ['name', 'command', 'args', 'image', 'env', 'volumeMounts', 'resources', 'ports', ...PROBES];
const SPEC_KEYS = ['containers', 'initContainers', 'volumes'];
/** How a member came into its cluster: kubeadm writes it differently at the first start and at an upgrade, and etcd no longer reads it. */
const FIRST_START_ONLY = ['--initial-cluster', '--initial-cluster-state'];

/** @throws Error where it is not a pod. */
export function featuresOf(object: unknown, component: string): Features {
  const pod = readPod(object, component);
  const { metadata, spec, container } = pod;
  const all = [
    ...flags(container), ...mounts(pod), ...environment(container), image(container), ...leaves('resources', container['resources']),
    ...keys('the annotation ', objectAt(metadata, 'annotations')), ...keys('the label ', objectAt(metadata, 'labels')),
    ...ports(container), ...rest('', container, CONTAINER_KEYS), ...rest('spec.', spec, SPEC_KEYS),
    ...[...pod.others].map(([name, each]) => other(`the container ${name}`, each)), ...probes(container),
  ];
  return new Map(all.map((feature) => [`${feature.kind} ${feature.kind === 'image' ? '' : feature.name}`, feature]));
}

/** In any order, as kubeadm sorts and people do not; lists of features in any order too. */
function flags(container: JsonObject): readonly Feature[] {
  return [...flagsOf(container)].filter(([name]) => !FIRST_START_ONLY.includes(name)).map(([name, values]) => ({
    kind: 'flag', name, value: values.length === 1 ? shown(values[0], '=') : '', form: JSON.stringify(values.map((value) => value.split(',').toSorted().join(',')).toSorted()),
  }));
}

function mounts({ mounts: all }: StaticPod): readonly Feature[] {
  return [...all].map(([path, { hostPath, form }]) => ({ kind: 'volume', name: `the volume at ${path}`, value: hostPath === null || hostPath === path ? '' : ` (of ${hostPath})`, form }));
}

/** Names alone: proxies and the like have passwords in them. */
function environment(container: JsonObject): readonly Feature[] {
  return objectsAt(container, 'env').map((each) => ({ kind: 'env', name: `the environment variable ${textAt(each, 'name') ?? ''}`, value: '', form: canonical(each) }));
}

/** Releases follow one another; what counts is another registry, a digest, or a tag of one's own. */
function image(container: JsonObject): Feature {
  const name = textAt(container, 'image') ?? '';
  return { kind: 'image', name: `the image ${name}`, value: '', form: name.replace(/:v?\d+\.\d+\.\d+(-\d+)?$/, ':RELEASE') };
}

/** Each leaf by its path, as in `resources.requests.cpu`. */
function leaves(path: string, value: unknown): readonly Feature[] {
  if (isNothing(value)) return [];
  return isObject(value) ? Object.keys(value).flatMap((key) => leaves(`${path}.${key}`, value[key])) : [other(path, value)];
}

function keys(what: string, map: JsonObject): readonly Feature[] {
  return Object.keys(map).map((key) => ({ kind: 'other', name: `${what}${key}`, value: '', form: canonical(map[key]) }));
}

/** The port of the probes came with v1.34. */
function ports(container: JsonObject): readonly Feature[] {
  return objectsAt(container, 'ports').filter((port) => port['name'] !== 'probe-port').map((port) => other(`the port ${textAt(port, 'name') ?? String(port['containerPort'])}`, port));
}

function rest(prefix: string, object: JsonObject, known: readonly string[]): readonly Feature[] {
  return Object.keys(object).filter((key) => !known.includes(key) && !isNothing(object[key])).map((key) => other(`${prefix}${key}`, object[key]));
}

function probes(container: JsonObject): readonly Feature[] {
  return PROBES.filter((name) => !isNothing(container[name])).map((name) => ({ kind: 'probe', name: `its ${name}`, value: '', form: probeOf(container, name) }));
}

function other(name: string, value: unknown): Feature {
  return { kind: 'other', name, value: shown(value, ': '), form: canonical(value) };
}
