import type { Answer, Subject } from './subject.ts';

/** Where a case may write: a namespace of its own, which is deleted after it. */
export interface Scene {
  readonly api: Subject;
  readonly namespace: string;
  /** Path of a core resource in the namespace: `core('configmaps')`, `core('pods', 'a')`. */
  core(plural: string, name?: string): string;
  path(groupVersion: string, plural: string, name?: string): string;
  /** Deletes this after the case: what lies in no namespace. */
  afterwards(path: string): void;
}

export interface ConformanceCase {
  /** The rule, in words. */
  readonly name: string;
  /** What was seen: equal on every API server once it is normalised. */
  readonly run: (scene: Scene) => Promise<unknown>;
}

/** What an answer tells, besides an object. */
export function told({ status, headers, body, text }: Answer): unknown {
  const retryAfter = headers['retry-after'];
  if (!text.startsWith('{')) return { status, text: text.slice(0, 300) };
  if (body.kind !== 'Status') return { status, kind: body.kind };
  const { reason, message, details, status: outcome } = body;
  return { status, outcome, reason, message, details, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

/** As `told`, for a refusal that shows a value: 1.33 writes it as Go does, 1.34 as JSON. */
export function toldWithoutValue({ status, body }: Answer): unknown {
  return { status, reason: body.reason, causes: body.details?.causes?.map(({ reason, field, message = '' }) => [reason, field, message.slice(message.lastIndexOf(': ') + 2)]) };
}

/** Takes out what differs from run to run: names of namespaces, uids, versions, times. */
export function normalised(value: unknown, namespace: string): unknown {
  const text = JSON.stringify(value ?? null)
    .replaceAll(namespace, 'NAMESPACE')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
    .replaceAll(/"resourceVersion":"\d+"/g, '"resourceVersion":"VERSION"')
    .replaceAll(/(precondition \(|in record \(|resource version: )\d+/g, '$1VERSION')
    .replaceAll(/\(\d+\)/g, '(VERSION)');
  return JSON.parse(text);
}

export function configMap(name: string, data: Readonly<Record<string, string>> = { key: 'value' }, metadata: Readonly<Record<string, unknown>> = {}): unknown {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

export function deployment(name: string, change: Readonly<Record<string, unknown>> = {}): unknown {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, labels },
    spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'pause:1' }] } }, ...change },
  };
}

export function lease(name: string): unknown {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name }, spec: { holderIdentity: 'me', leaseDurationSeconds: 15 } };
}

export function budget(name: string, spec: Readonly<Record<string, unknown>> = { maxUnavailable: 1 }): unknown {
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name }, spec: { selector: { matchLabels: { app: name } }, ...spec } };
}

/** A node that no kubelet serves: what is bound to it never starts, and never ends by itself. */
export function node(name: string): unknown {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { 'capstan.dev/conformance': name } }, spec: { unschedulable: true } };
}

export function pod(name: string, nodeName: string, labels: Readonly<Record<string, string>> = {}): unknown {
  return {
    apiVersion: 'v1', kind: 'Pod', metadata: { name, labels },
    spec: { nodeName, automountServiceAccountToken: false, tolerations: [{ operator: 'Exists' }], containers: [{ name: 'main', image: 'pause:1' }] },
  };
}
