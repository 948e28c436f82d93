import { ZONE_LABEL } from '../../workflows/domain/zone.ts';
import type { ApiObject } from '../model.ts';
import { randomOf } from '../random.ts';
import type { Random } from '../random.ts';

export interface WorkloadOptions {
  readonly seed: number;
  /** Pods in all, without those of the DaemonSet. */
  readonly pods: number;
  /** What each pod asks for; memory goes with it, 2 MiB a millicore. */
  readonly cpuMillis: number;
  readonly workers: number;
}

/** A part of the fields of a pod template. */
interface Template {
  readonly image: string;
  readonly spread?: boolean;
  readonly antiAffinity?: boolean;
}

const NAMESPACES = ['shop', 'billing', 'search', 'reports'] as const;
const NAMES = ['web', 'api', 'cart', 'orders', 'prices', 'mail', 'index', 'worker'] as const;
const GRACE_SECONDS = 30;
/** One workload in this many is a StatefulSet, as one in so many has no budget. */
const STATEFUL_EVERY = 7;
const UNPROTECTED_EVERY = 5;

/**
 * Workloads as a cluster of applications has them: Deployments of two to six replicas, most of them with a budget, some
 * StatefulSets, a DaemonSet and a Job. Every budget allows a drain.
 */
export function ordinaryWorkloads(options: WorkloadOptions): readonly ApiObject[] {
  const random = randomOf(options.seed, 'workloads');
  const objects: ApiObject[] = [agent()];
  let left = options.pods;
  if (left > 8) {
    objects.push(job(options));
    left -= 1;
  }
  for (let index = 0; left > 0; index += 1) {
    const workload = nextWorkload(index, Math.min(left, 2 + random.below(5)), random, options);
    objects.push(...workload.objects);
    left -= workload.replicas;
  }
  return objects;
}

function nextWorkload(index: number, replicas: number, random: Random, options: WorkloadOptions): { readonly objects: readonly ApiObject[]; readonly replicas: number } {
  const namespace = NAMESPACES[index % NAMESPACES.length] ?? 'shop';
  const name = `${NAMES[index % NAMES.length] ?? 'web'}-${Math.floor(index / NAMES.length) + 1}`;
  const isStateful = index % STATEFUL_EVERY === STATEFUL_EVERY - 1 && replicas >= 3;
  const fits = Math.min(replicas, Math.max(1, options.workers - 1));
  const body = isStateful
    ? statefulSet(namespace, name, Math.min(3, fits), options)
    : deployment(namespace, name, replicas, { image: 'apps.example/service:2.4', spread: random.below(2) === 0 }, options);
  const count = isStateful ? Math.min(3, fits) : replicas;
  const protects = isStateful || (count > 1 && index % UNPROTECTED_EVERY !== UNPROTECTED_EVERY - 1);
  return { objects: [body, ...(protects ? [budget(namespace, name, count, random)] : [])], replicas: count };
}

function deployment(namespace: string, name: string, replicas: number, template: Template, options: WorkloadOptions): ApiObject {
  return {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace, labels: { app: name } },
    spec: {
      replicas, selector: { matchLabels: { app: name } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      template: podTemplate(name, template, options),
    },
  };
}

function statefulSet(namespace: string, name: string, replicas: number, options: WorkloadOptions): ApiObject {
  return {
    apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name, namespace, labels: { app: name } },
    spec: {
      replicas, serviceName: name, podManagementPolicy: 'OrderedReady', selector: { matchLabels: { app: name } },
      template: podTemplate(name, { image: 'apps.example/store:1.9', antiAffinity: true }, options),
    },
  };
}

function podTemplate(name: string, template: Template, { cpuMillis }: WorkloadOptions): object {
  const selector = { matchLabels: { app: name } };
  return {
    metadata: { labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: GRACE_SECONDS,
      containers: [{ name: 'main', image: template.image, resources: { requests: { cpu: `${cpuMillis}m`, memory: `${cpuMillis * 2}Mi` } } }],
      ...(template.spread === true ? { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: ZONE_LABEL, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: selector }] } : {}),
      ...(template.antiAffinity === true ? { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: selector }] } } } : {}),
    },
  };
}

/** Always leaves at least one pod that may go. */
function budget(namespace: string, name: string, replicas: number, random: Random): ApiObject {
  const allows = replicas >= 4 && random.below(3) === 0 ? { minAvailable: '50%' } : { maxUnavailable: 1 };
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name, namespace }, spec: { ...allows, selector: { matchLabels: { app: name } } } };
}

function agent(): ApiObject {
  const labels = { app: 'agent' };
  return {
    apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'agent', namespace: 'reports', labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { tolerations: [{ operator: 'Exists' }], terminationGracePeriodSeconds: 5, containers: [{ name: 'agent', image: 'apps.example/agent:0.7', resources: { requests: { cpu: '5m', memory: '16Mi' } } }] },
      },
    },
  };
}

function job({ cpuMillis }: WorkloadOptions): ApiObject {
  return {
    apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'month-end', namespace: 'reports' },
    spec: {
      completions: 1, parallelism: 1, backoffLimit: 6,
      template: {
        metadata: { labels: { app: 'month-end' } },
        spec: { restartPolicy: 'OnFailure', terminationGracePeriodSeconds: GRACE_SECONDS, containers: [{ name: 'main', image: 'apps.example/report:3.1', resources: { requests: { cpu: `${cpuMillis}m`, memory: `${cpuMillis * 2}Mi` } } }] },
      },
    },
  };
}
