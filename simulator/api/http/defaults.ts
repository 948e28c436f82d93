import type { Resource } from '../resources.ts';
import { isObject, objectAt } from './json.ts';
import type { JsonObject } from './json.ts';

/** What the API fills in where an object does not say it, as far as anything reads it. Source: pkg/apis/…/defaults.go. */
export function withApiDefaults(resource: Resource, object: JsonObject): JsonObject {
  const { spec } = object;
  if (resource.kind === 'Namespace') return { ...object, spec: { finalizers: ['kubernetes'], ...objectAt(object, 'spec') }, status: { phase: 'Active' } };
  if (resource.kind === 'Node') return { ...object, spec: objectAt(object, 'spec'), status: { daemonEndpoints: { kubeletEndpoint: { Port: 0 } }, nodeInfo: { kubeletVersion: '' }, ...objectAt(object, 'status') } };
  if (resource.kind === 'Service') return { ...object, spec: { type: 'ClusterIP', sessionAffinity: 'None', ...objectAt(object, 'spec') }, status: object['status'] ?? { loadBalancer: {} } };
  if (!isObject(spec)) return object;
  switch (resource.kind) {
    case 'Deployment':
      return { ...object, spec: { progressDeadlineSeconds: 600, replicas: 1, revisionHistoryLimit: 10, strategy: deploymentStrategy(spec['strategy']), ...without(spec, 'strategy'), ...template(spec) } };
    case 'ReplicaSet':
      return { ...object, spec: { replicas: 1, ...spec, ...template(spec) } };
    case 'StatefulSet':
      return { ...object, spec: { podManagementPolicy: 'OrderedReady', replicas: 1, revisionHistoryLimit: 10, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } }, ...spec, ...template(spec) } };
    case 'DaemonSet':
      return { ...object, spec: { revisionHistoryLimit: 10, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }, ...spec, ...template(spec) } };
    case 'Job':
      return { ...object, spec: { backoffLimit: 6, completionMode: 'NonIndexed', completions: 1, parallelism: 1, suspend: false, ...spec, ...template(spec) } };
    case 'Pod':
      return { ...object, spec: podSpec(spec, true), status: { phase: 'Pending', qosClass: 'BestEffort', ...objectAt(object, 'status') } };
    default:
      return object;
  }
}

function deploymentStrategy(strategy: unknown): unknown {
  if (isObject(strategy) && strategy['type'] === 'Recreate') return strategy;
  return { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%', ...objectAt(strategy, 'rollingUpdate') } };
}

function template(spec: JsonObject): JsonObject {
  const found = spec['template'];
  if (!isObject(found)) return {};
  return { template: { ...found, metadata: objectAt(found, 'metadata'), spec: podSpec(objectAt(found, 'spec'), false) } };
}

function podSpec(spec: JsonObject, admitted: boolean): JsonObject {
  const containers = spec['containers'];
  return {
    dnsPolicy: 'ClusterFirst', restartPolicy: 'Always', schedulerName: 'default-scheduler', securityContext: {}, terminationGracePeriodSeconds: 30,
    ...(admitted ? { enableServiceLinks: true, preemptionPolicy: 'PreemptLowerPriority', priority: 0, serviceAccount: 'default', serviceAccountName: 'default' } : {}),
    ...spec,
    ...(Array.isArray(containers) ? { containers: containers.map(container) } : {}),
  };
}

function container(value: unknown): unknown {
  if (!isObject(value)) return value;
  const image = typeof value['image'] === 'string' ? value['image'] : '';
  const latest = !/[:@][^/]+$/.test(image) || image.endsWith(':latest');
  return { imagePullPolicy: latest ? 'Always' : 'IfNotPresent', resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File', ...value };
}

function without(spec: JsonObject, key: string): JsonObject {
  const { [key]: _, ...rest } = spec;
  return rest;
}
