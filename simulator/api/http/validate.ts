import { isEqual } from '../equal.ts';
import { RESOURCES, apiVersionOf } from '../resources.ts';
import type { Resource } from '../resources.ts';
import { isList, isObject, objectAt, textAt } from './json.ts';
import type { JsonObject } from './json.ts';
import { badRequest, invalid } from './status.ts';
import type { FieldProblem } from './status.ts';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const SUBDOMAIN_WORDS = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_NAME_WORDS = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const LABEL_VALUE_WORDS = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const QUALIFIED_NAME = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const IMMUTABLE = 'field is immutable';

/**
 * The obvious mistakes, as the API's validation tells them.
 *
 * @param before null where the object is new.
 * @throws Refused (422).
 */
export function validate(resource: Resource, object: JsonObject, before: JsonObject | null): void {
  const metadata = objectAt(object, 'metadata');
  const name = textAt(metadata, 'name') ?? '';
  const problems = [...(before === null ? nameProblems(resource, name) : []), ...labelProblems(metadata, 'metadata.labels'), ...specProblems(resource, object, before)];
  if (problems.length > 0) throw invalid(resource, name, problems);
}

function nameProblems(resource: Resource, name: string): readonly FieldProblem[] {
  if (name === '') return [{ field: 'metadata.name', kind: 'Required', message: 'name or generateName is required' }];
  const strict = resource.kind === 'Namespace';
  if ((strict ? LABEL_NAME : SUBDOMAIN).test(name)) return [];
  return [{ field: 'metadata.name', kind: 'Invalid', value: JSON.stringify(name), message: strict ? LABEL_NAME_WORDS : SUBDOMAIN_WORDS }];
}

function labelProblems(metadata: JsonObject, field: string): readonly FieldProblem[] {
  return Object.entries(objectAt(metadata, 'labels')).flatMap(([key, value]): readonly FieldProblem[] => {
    if (!QUALIFIED_NAME.test(key)) return [{ field, kind: 'Invalid', value: JSON.stringify(key), message: "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')" }];
    return typeof value === 'string' && !LABEL_VALUE.test(value) ? [{ field, kind: 'Invalid', value: JSON.stringify(value), message: LABEL_VALUE_WORDS }] : [];
  });
}

function specProblems(resource: Resource, object: JsonObject, before: JsonObject | null): readonly FieldProblem[] {
  const spec = objectAt(object, 'spec');
  switch (resource.kind) {
    case 'Deployment': case 'ReplicaSet': case 'StatefulSet': case 'DaemonSet':
      return workloadProblems(spec, before === null ? null : objectAt(before, 'spec'));
    case 'PodDisruptionBudget':
      return budgetProblems(spec);
    case 'Pod':
      return containerProblems(spec, 'spec');
    case 'Lease':
      return leaseProblems(spec);
    case 'Node':
      return taintProblems(spec);
    default:
      return [];
  }
}

function workloadProblems(spec: JsonObject, before: JsonObject | null): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const replicas = spec['replicas'];
  const selector = spec['selector'];
  const labels = objectAt(objectAt(spec['template'], 'metadata'), 'labels');
  if (typeof replicas === 'number' && replicas < 0) problems.push({ field: 'spec.replicas', kind: 'Invalid', value: String(replicas), message: 'must be greater than or equal to 0' });
  if (!isObject(selector)) problems.push({ field: 'spec.selector', kind: 'Required', message: '' });
  if (isObject(selector) && !Object.entries(objectAt(selector, 'matchLabels')).every(([key, value]) => labels[key] === value)) {
    problems.push({ field: 'spec.template.metadata.labels', kind: 'Invalid', value: goMap(labels), message: '`selector` does not match template `labels`' });
  }
  if (before !== null && !isEqual(before['selector'], selector)) problems.push({ field: 'spec.selector', kind: 'Invalid', value: JSON.stringify(selector ?? null), message: IMMUTABLE });
  problems.push(...containerProblems(objectAt(spec['template'], 'spec'), 'spec.template.spec'));
  return problems;
}

function containerProblems(spec: JsonObject, field: string): readonly FieldProblem[] {
  const containers = spec['containers'];
  if (!isList(containers) || containers.length === 0) return [{ field: `${field}.containers`, kind: 'Required', message: '' }];
  return containers.flatMap((container, at): readonly FieldProblem[] => {
    const problems: FieldProblem[] = [];
    if (textAt(container, 'name') === undefined) problems.push({ field: `${field}.containers[${at}].name`, kind: 'Required', message: '' });
    if (textAt(container, 'image') === undefined) problems.push({ field: `${field}.containers[${at}].image`, kind: 'Required', message: '' });
    return problems;
  });
}

function budgetProblems(spec: JsonObject): readonly FieldProblem[] {
  if (spec['minAvailable'] !== undefined && spec['maxUnavailable'] !== undefined) {
    return [{ field: 'spec', kind: 'Invalid', value: JSON.stringify(spec), message: 'minAvailable and maxUnavailable cannot be both set' }];
  }
  return (['minAvailable', 'maxUnavailable'] as const).flatMap((key): readonly FieldProblem[] => {
    const value = spec[key];
    if (typeof value === 'number' && value < 0) return [{ field: `spec.${key}`, kind: 'Invalid', value: String(value), message: 'must be greater than or equal to 0' }];
    if (typeof value === 'string' && !/^[0-9]+%$/.test(value)) return [{ field: `spec.${key}`, kind: 'Invalid', value: JSON.stringify(value), message: "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')" }];
    return [];
  });
}

function leaseProblems(spec: JsonObject): readonly FieldProblem[] {
  const seconds = spec['leaseDurationSeconds'];
  if (typeof seconds === 'number' && seconds <= 0) return [{ field: 'spec.leaseDurationSeconds', kind: 'Invalid', value: String(seconds), message: 'must be greater than 0' }];
  return [];
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function taintProblems(spec: JsonObject): readonly FieldProblem[] {
  const taints = spec['taints'];
  return (isList(taints) ? taints : []).flatMap((taint, at): readonly FieldProblem[] => {
    const effect = textAt(taint, 'effect') ?? '';
    if (EFFECTS.includes(effect)) return [];
    return [{ field: `metadata.taints[${at}].effect`, kind: 'NotSupported', value: JSON.stringify(effect), message: `supported values: ${EFFECTS.toSorted().map((known) => JSON.stringify(known)).join(', ')}` }];
  });
}

function goMap(labels: JsonObject): string {
  return JSON.stringify(Object.fromEntries(Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1))));
}

/** What a body must be before it is looked at: an object of the kind that the path is about. @throws Refused (400). */
export function requireKind(resource: Resource, body: unknown, apiVersion: string): JsonObject {
  if (!isObject(body)) throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(body ?? null)}'`);
  const kind = textAt(body, 'kind') ?? resource.kind;
  const version = textAt(body, 'apiVersion') ?? apiVersion;
  const other = RESOURCES.find((candidate) => candidate.kind === kind && apiVersionOf(candidate) === version);
  if (kind !== resource.kind && other !== undefined) {
    throw badRequest(`${kind} in version ${JSON.stringify(other.version)} cannot be handled as a ${resource.kind}: converting (${other.version}.${kind}) to (${resource.group === '' ? 'core' : resource.group.split('.')[0] ?? ''}.${resource.kind}): unknown conversion`);
  }
  if (kind !== resource.kind || version !== apiVersion) {
    throw badRequest(`the API version in the data (${version}) does not match the expected API version (${apiVersion})`);
  }
  return { ...body, kind, apiVersion };
}
