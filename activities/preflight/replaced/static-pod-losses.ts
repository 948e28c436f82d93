import { canonical, isNothing, isObject, objectAt, objectsAt, textAt } from '../../json-value.ts';
import type { JsonObject } from '../../json-value.ts';
import { flagLosses, flagsOf, newFlags } from './flags.ts';
import { shown } from './loss.ts';
import type { Loss } from './loss.ts';
import { parseStaticPod, probeOf } from './pod.ts';
import type { StaticPod } from './pod.ts';

/** A running static pod beside what kubeadm would write. */
export interface Comparison {
  readonly losses: readonly Loss[];
  /** Flags that come with the upgrade, without their values. */
  readonly comes: readonly string[];
}

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'];
/** Compared in their own way, or nothing but a consequence of it. */
const CONTAINER_KEYS = ['name', 'command', 'args', 'image', 'env', 'volumeMounts', 'resources', 'ports', ...PROBES];
const SPEC_KEYS = ['containers', 'initContainers', 'volumes'];

/** @throws Error where a text is not the YAML of a pod. */
export function compareStaticPod(component: string, running: string, wanted: string): Comparison {
  const [has, gets] = [parseStaticPod(running, component), parseStaticPod(wanted, component)];
  const [flags, wantedFlags] = [flagsOf(has.container), flagsOf(gets.container)];
  const losses = [
    ...flagLosses(flags, wantedFlags), ...mountLosses(has, gets), ...envLosses(has, gets), ...imageLosses(has, gets),
    ...leafLosses('resources', has.container['resources'], gets.container['resources']),
    ...mapLosses('the annotation', objectAt(has.metadata, 'annotations'), objectAt(gets.metadata, 'annotations')),
    ...mapLosses('the label', objectAt(has.metadata, 'labels'), objectAt(gets.metadata, 'labels')),
    ...portLosses(has, gets), ...restLosses('', has.container, gets.container, CONTAINER_KEYS), ...restLosses('spec.', has.spec, gets.spec, SPEC_KEYS),
    ...containerLosses(has, gets), ...probeLosses(has, gets),
  ];
  return { losses, comes: newFlags(flags, wantedFlags) };
}

function mountLosses(has: StaticPod, gets: StaticPod): readonly Loss[] {
  return [...has.mounts].flatMap(([path, mount]): readonly Loss[] => {
    if (gets.mounts.get(path)?.form === mount.form) return [];
    const from = mount.hostPath === null || mount.hostPath === path ? '' : ` (of ${mount.hostPath})`;
    return [{ kind: 'volume', what: `the volume at ${path}${from}` }];
  });
}

/** Names alone: proxies and the like have passwords in them. */
function envLosses(has: StaticPod, gets: StaticPod): readonly Loss[] {
  const wanted = new Map(objectsAt(gets.container, 'env').map((each) => [each['name'], canonical(each)]));
  return objectsAt(has.container, 'env').flatMap((each): readonly Loss[] => (wanted.get(each['name']) === canonical(each) ? [] : [{ kind: 'env', what: `the environment variable ${textAt(each, 'name') ?? ''}` }]));
}

/** Releases follow one another; what is lost is another registry, a digest, or a tag of one's own. */
function imageLosses({ container }: StaticPod, gets: StaticPod): readonly Loss[] {
  const [image, wanted] = [textAt(container, 'image') ?? '', textAt(gets.container, 'image') ?? ''];
  return image === wanted || imageForm(image) === imageForm(wanted) ? [] : [{ kind: 'image', what: `the image ${image} (kubeadm writes ${wanted})` }];
}

function imageForm(image: string): string {
  return image.replace(/:v?\d+\.\d+\.\d+(-\d+)?$/, ':RELEASE');
}

function mapLosses(what: string, has: JsonObject, gets: JsonObject): readonly Loss[] {
  return Object.keys(has).filter((key) => has[key] !== gets[key]).map((key) => ({ kind: 'other', what: `${what} ${key}` }));
}

/** Each leaf by its path, as in `resources.requests.cpu`. */
function leafLosses(path: string, has: unknown, gets: unknown): readonly Loss[] {
  if (isNothing(has) || canonical(has) === canonical(gets)) return [];
  if (isObject(has)) return Object.keys(has).flatMap((key) => leafLosses(`${path}.${key}`, has[key], isObject(gets) ? gets[key] : undefined));
  return [{ kind: 'other', what: `${path}${shown(has, ': ')}` }];
}

/** The port of the probes came with v1.34. */
function portLosses(has: StaticPod, gets: StaticPod): readonly Loss[] {
  const wanted = objectsAt(gets.container, 'ports').map(canonical);
  return objectsAt(has.container, 'ports').filter((port) => port['name'] !== 'probe-port' && !wanted.includes(canonical(port)))
    .map((port) => ({ kind: 'other', what: `the port ${textAt(port, 'name') ?? String(port['containerPort'])}` }));
}

function restLosses(prefix: string, has: JsonObject, gets: JsonObject, compared: readonly string[]): readonly Loss[] {
  return Object.keys(has).filter((key) => !compared.includes(key) && !isNothing(has[key]) && canonical(has[key]) !== canonical(gets[key]))
    .map((key) => ({ kind: 'other', what: `${prefix}${key}${shown(has[key], ': ')}` }));
}

function containerLosses(has: StaticPod, gets: StaticPod): readonly Loss[] {
  return [...has.others].filter(([name, container]) => canonical(container) !== canonical(gets.others.get(name))).map(([name]) => ({ kind: 'other', what: `the container ${name}` }));
}

function probeLosses(has: StaticPod, gets: StaticPod): readonly Loss[] {
  return PROBES.filter((name) => !isNothing(has.container[name]) && probeOf(has.container, name) !== probeOf(gets.container, name)).map((name) => ({ kind: 'probe', what: `its ${name}` }));
}
