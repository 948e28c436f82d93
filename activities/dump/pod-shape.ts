import type { DumpedPeers, DumpedRequirement, PodShape } from '../../workflows/domain/cluster-dump.ts';
import type { Selector } from '../kubernetes/objects.ts';
import { cpuMillis, memoryMiB } from './quantity.ts';
import type { RawContainer, RawNodeTerm, RawPod, RawPodSpec, RawRequirement, RawVolume } from './raw-objects.ts';

/** Kubernetes gives a pod this where it asks for nothing. */
const DEFAULT_GRACE_SECONDS = 30;
/** Tolerations that the API server adds to every pod: they say nothing about draining. */
const ADDED_TOLERATIONS = new Set(['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']);

/** Where bound volumes force a pod to be: terms by `namespace/claim`. */
export type VolumeTerms = ReadonlyMap<string, readonly (readonly DumpedRequirement[])[]>;

export function volumeTerms(volumes: readonly RawVolume[]): VolumeTerms {
  return new Map(volumes.flatMap(({ spec: { claimRef, nodeAffinity } }) => {
    const terms = termsOf(nodeAffinity?.required?.nodeSelectorTerms);
    if (claimRef?.name === undefined || terms.length === 0) return [];
    return [[`${claimRef.namespace ?? 'default'}/${claimRef.name}`, terms] as const];
  }));
}

/** The part of a pod that decides where it may run and how it leaves. */
export function shapeOf(pod: RawPod, volumes: VolumeTerms): PodShape {
  const { spec, metadata: { namespace = 'default' } } = pod;
  const emptyDirs = (spec.volumes ?? []).filter((volume) => volume.emptyDir !== undefined).map((volume) => volume.name);
  const tolerations = (spec.tolerations ?? []).filter(({ key }) => key === undefined || !ADDED_TOLERATIONS.has(key))
    .map(({ key, operator, value, effect }) => ({ ...given('key', key), ...given('operator', operator), ...given('value', value), ...given('effect', effect) }));
  const apart = (spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])
    .map(({ topologyKey, labelSelector }) => ({ topologyKey, ...peersOf(labelSelector, pod) }));
  const spread = (spec.topologySpreadConstraints ?? [])
    .map(({ topologyKey, maxSkew, whenUnsatisfiable, labelSelector }) => ({ topologyKey, maxSkew, required: whenUnsatisfiable === 'DoNotSchedule', ...peersOf(labelSelector, pod) }));
  const nodeTerms = nodeTermsOf(spec, namespace, volumes);
  return {
    ...requestsOf(spec),
    graceSeconds: spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS,
    ...(emptyDirs.length === 0 ? {} : { emptyDirs }),
    ...(tolerations.length === 0 ? {} : { tolerations }),
    ...given('nodeSelector', spec.nodeSelector),
    ...(nodeTerms.length === 0 ? {} : { nodeTerms }),
    ...(apart.length === 0 ? {} : { apart }),
    ...(spread.length === 0 ? {} : { spread }),
    ...given('priorityClass', spec.priorityClassName),
  };
}

function peersOf(selector: Selector = {}, { metadata: { labels = {} } }: RawPod): Pick<DumpedPeers, 'alike' | 'selector'> {
  const wanted = Object.entries(selector.matchLabels ?? {});
  const isAlike = (selector.matchExpressions ?? []).length === 0 && wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
  return isAlike ? { alike: wanted.map(([key]) => key).toSorted() } : { selector };
}

function given<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  const found: { [key in K]?: V } = {};
  if (value !== undefined) found[key] = value;
  return found;
}

/** Containers run together, and so do init containers that restart always; the largest other one runs before them, alone. */
function requestsOf({ containers, initContainers = [] }: RawPodSpec): { readonly cpuMillis: number; readonly memoryMiB: number } {
  const together = [...containers, ...initContainers.filter((container) => container.restartPolicy === 'Always')];
  const before = initContainers.filter((container) => container.restartPolicy !== 'Always');
  const asked = (container: RawContainer, name: string): string | number | undefined => container.resources?.requests?.[name];
  const total = (of: (container: RawContainer) => number): number =>
    Math.max(together.reduce((sum, container) => sum + of(container), 0), ...before.map(of));
  return { cpuMillis: total((container) => cpuMillis(asked(container, 'cpu'))), memoryMiB: total((container) => memoryMiB(asked(container, 'memory'))) };
}

/** Every claim and the pod's own affinity must hold together: the terms of one are joined with those of the next. */
function nodeTermsOf(spec: RawPodSpec, namespace: string, volumes: VolumeTerms): readonly (readonly DumpedRequirement[])[] {
  const own = termsOf(spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms);
  const claims = (spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => {
    const terms = claim === undefined ? undefined : volumes.get(`${namespace}/${claim.claimName}`);
    return terms === undefined ? [] : [terms];
  });
  return [own, ...claims].filter((terms) => terms.length > 0).reduce<readonly (readonly DumpedRequirement[])[]>(
    (joined, terms) => (joined.length === 0 ? terms : joined.flatMap((one) => terms.map((other) => [...one, ...other]))), []);
}

function termsOf(terms: readonly RawNodeTerm[] | undefined): readonly (readonly DumpedRequirement[])[] {
  return (terms ?? []).map(({ matchExpressions = [] }) => matchExpressions.map(requirementOf)).filter((term) => term.length > 0);
}

function requirementOf({ key, operator, values }: RawRequirement): DumpedRequirement {
  return { key, operator, ...given('values', values) };
}
