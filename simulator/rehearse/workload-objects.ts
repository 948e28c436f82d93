import type { Selector } from '../../activities/kubernetes/objects.ts';
import type { DumpedNode, DumpedPeers, DumpedWorkload, PodShape } from '../../workflows/domain/cluster-dump.ts';
import { REVISION_HASH, TEMPLATE_HASH, templateHash } from '../api/controllers/template-hash.ts';
import type { PodTemplate } from '../api/kinds.ts';
import type { ApiObject, ObjectMeta } from '../model.ts';

export interface DescribedWorkload {
  readonly workload: DumpedWorkload;
  /** Place in the dump: makes its uid. */
  readonly index: number;
  readonly shape: PodShape;
  readonly nodes: readonly DumpedNode[];
}

/** Selects the pods of workloads whose own selector is not known: the twin's controllers want one. */
const WORKLOAD_LABEL = 'capstan.dev/workload';

/** A workload and its pods where they are now. Pods of a DaemonSet follow from the nodes: its controller makes them. */
export function workloadObjects(described: DescribedWorkload): readonly ApiObject[] {
  const { workload, index } = described;
  const { kind, namespace, name, replicas, on } = workload;
  const uid = `workload-${index}`;
  const isKnown = workload.selector !== undefined || Object.keys(workload.labels).length > 0;
  const labels = { ...workload.labels, ...(isKnown ? {} : { [WORKLOAD_LABEL]: uid }) };
  const selector = workload.selector ?? { matchLabels: labels };
  const template: PodTemplate = { metadata: { labels }, spec: podSpec(described.shape, labels) };
  const metadata = { name, namespace, uid };
  const hash = templateHash(template);
  switch (kind) {
    case 'Deployment': {
      const setName = `${name}-${hash}`;
      const owned = { ...labels, [TEMPLATE_HASH]: hash };
      const setTemplate: PodTemplate = { ...template, metadata: { labels: owned } };
      const set = owner('apps/v1', 'ReplicaSet', setName, `${uid}-set`);
      return [
        { apiVersion: 'apps/v1', kind, metadata, spec: { replicas, selector, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } }, template } },
        {
          apiVersion: 'apps/v1', kind: 'ReplicaSet',
          metadata: { name: setName, namespace, uid: `${uid}-set`, labels: owned, ownerReferences: [owner('apps/v1', kind, name, uid)] },
          spec: { replicas, selector: { ...selector, matchLabels: { ...selector.matchLabels, [TEMPLATE_HASH]: hash } }, template: setTemplate },
        },
        ...podsOf(described, setTemplate, set, (place) => `${setName}-${place}`),
      ];
    }
    case 'ReplicaSet':
      return [{ apiVersion: 'apps/v1', kind, metadata, spec: { replicas, selector, template } }, ...podsOf(described, template, owner('apps/v1', kind, name, uid), (place) => `${name}-${place}`)];
    case 'StatefulSet': {
      const revised: PodTemplate = { ...template, metadata: { labels: { ...labels, [REVISION_HASH]: hash } } };
      return [
        { apiVersion: 'apps/v1', kind, metadata, spec: { replicas, serviceName: name, podManagementPolicy: 'OrderedReady', selector, template } },
        ...podsOf(described, revised, owner('apps/v1', kind, name, uid), (place) => `${name}-${place}`),
      ];
    }
    case 'DaemonSet':
      return [{ apiVersion: 'apps/v1', kind, metadata, spec: { selector, template, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } } } }];
    case 'Job': {
      const running: PodTemplate = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } };
      return [
        { apiVersion: 'batch/v1', kind, metadata, spec: { completions: on.length, parallelism: on.length, template: running } },
        ...podsOf(described, running, owner('batch/v1', kind, name, uid), (place) => `${name}-${place}`),
      ];
    }
    case 'Pod':
      return podsOf(described, template, null, () => name);
  }
}

type OwnerReference = NonNullable<ObjectMeta['ownerReferences']>[number];

function owner(apiVersion: string, kind: string, name: string, uid: string): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true };
}

function podsOf({ workload, index, nodes }: DescribedWorkload, template: PodTemplate, controller: OwnerReference | null, nameOf: (place: number) => string): readonly ApiObject[] {
  const firstUnready = workload.on.length - (workload.unready ?? 0);
  return workload.on.map((at, place): ApiObject => {
    const nodeName = nodes[at]?.name;
    return {
      apiVersion: 'v1', kind: 'Pod',
      metadata: { name: nameOf(place), namespace: workload.namespace, uid: `pod-${index}-${place}`, ...template.metadata, ...(controller === null ? {} : { ownerReferences: [controller] }) },
      spec: { ...template.spec, ...(nodeName === undefined ? {} : { nodeName }) },
      status: nodeName === undefined ? { phase: 'Pending' } : { phase: 'Running', conditions: conditionsOf(place < firstUnready) },
    };
  });
}

function conditionsOf(isReady: boolean): readonly object[] {
  const status = isReady ? 'True' : 'False';
  return [{ type: 'PodScheduled', status: 'True' }, { type: 'Initialized', status: 'True' }, { type: 'ContainersReady', status }, { type: 'Ready', status }];
}

function podSpec(shape: PodShape, labels: Readonly<Record<string, string>>): PodTemplate['spec'] {
  const selectorOf = ({ alike, selector = {} }: DumpedPeers): Selector =>
    (alike === undefined ? selector : { matchLabels: Object.fromEntries(alike.map((key) => [key, labels[key] ?? ''])) });

  const { emptyDirs = [], tolerations, nodeSelector, nodeTerms, apart, spread, priorityClass } = shape;
  const affinity = {
    ...(nodeTerms === undefined ? {} : { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: nodeTerms.map((matchExpressions) => ({ matchExpressions })) } } }),
    ...(apart === undefined ? {} : { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: apart.map((peers) => ({ topologyKey: peers.topologyKey, labelSelector: selectorOf(peers) })) } }),
  };
  return {
    containers: [{ name: 'main', image: 'rehearsal.invalid/none:0', resources: { requests: { cpu: `${shape.cpuMillis}m`, memory: `${shape.memoryMiB}Mi` } } }],
    terminationGracePeriodSeconds: shape.graceSeconds,
    ...(emptyDirs.length === 0 ? {} : { volumes: emptyDirs.map((name) => ({ name, emptyDir: {} })) }),
    ...(tolerations === undefined ? {} : { tolerations }),
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(Object.keys(affinity).length === 0 ? {} : { affinity }),
    ...(spread === undefined ? {} : {
      topologySpreadConstraints: spread.map(({ maxSkew, required, ...peers }) =>
        ({ topologyKey: peers.topologyKey, maxSkew, whenUnsatisfiable: required ? 'DoNotSchedule' : 'ScheduleAnyway', labelSelector: selectorOf(peers) })),
    }),
    ...(priorityClass === undefined ? {} : { priorityClassName: priorityClass }),
  };
}
