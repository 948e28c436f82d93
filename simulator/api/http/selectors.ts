import { selects } from '../../../activities/kubernetes/selector.ts';
import type { ApiObject } from '../../model.ts';
import { badRequest } from './status.ts';

export interface Selection {
  /** Null selects all. */
  readonly namespace: string | null;
  readonly labels: LabelTest | null;
  readonly fields: readonly FieldTest[];
}

type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

interface FieldTest {
  readonly path: string;
  readonly value: string;
  readonly equal: boolean;
}

/** @throws Refused where a selector cannot be read, or names a field that the resource is not selected by. */
export function selectionOf(plural: string, namespace: string | null, query: URLSearchParams): Selection {
  const labels = query.get('labelSelector') ?? '';
  const fields = query.get('fieldSelector') ?? '';
  return { namespace, labels: labels === '' ? null : parseLabels(labels), fields: fields === '' ? [] : parseFields(fields, plural) };
}

export function isSelected(object: ApiObject, { namespace, labels, fields }: Selection): boolean {
  const { metadata } = object;
  if (namespace !== null && metadata.namespace !== namespace) return false;
  if (labels !== null && !labels(metadata.labels ?? {})) return false;
  return fields.every(({ path, value, equal }) => (fieldOf(object, path) === value) === equal);
}

/** `a=b,c!=d,e in (f,g),!h`. */
function parseLabels(text: string): LabelTest {
  const matchExpressions = splitOutside(text).map((part) => {
    const set = /^([^\s=!]+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(part);
    if (set !== null) return { key: set[1] ?? '', operator: set[2] === 'in' ? 'In' : 'NotIn', values: (set[3] ?? '').split(',').map((value) => value.trim()) };
    const pair = /^([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)$/.exec(part);
    if (pair !== null) return { key: pair[1] ?? '', operator: pair[2] === '!=' ? 'NotIn' : 'In', values: [pair[3] ?? ''] };
    const bare = /^(!?)\s*([^\s=!()]+)$/.exec(part);
    if (bare === null) throw badRequest(`unable to parse requirement: found '${part}', expected: identifier after ','`);
    return { key: bare[2] ?? '', operator: bare[1] === '!' ? 'DoesNotExist' : 'Exists' };
  });
  return (labels) => selects({ matchExpressions }, labels);
}

function splitOutside(text: string): readonly string[] {
  return text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  pods: ['spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName', 'spec.hostNetwork', 'status.phase', 'status.podIP', 'status.nominatedNodeName'],
  nodes: ['spec.unschedulable'],
  events: ['involvedObject.kind', 'involvedObject.namespace', 'involvedObject.name', 'involvedObject.uid', 'involvedObject.apiVersion', 'involvedObject.resourceVersion', 'involvedObject.fieldPath', 'reason', 'reportingComponent', 'source', 'type'],
  namespaces: ['status.phase'],
  jobs: ['status.successful'],
  replicasets: ['status.replicas'],
  secrets: ['type'],
};

function parseFields(text: string, plural: string): readonly FieldTest[] {
  return text.split(',').map((part) => {
    const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(part.trim());
    if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    const [, path = '', operator, value = ''] = match;
    const known = ['metadata.name', 'metadata.namespace', ...(FIELDS[plural] ?? [])];
    if (!known.includes(path)) throw badRequest(`field label not supported: ${path}`);
    return { path, value, equal: operator !== '!=' };
  });
}

/** A field as field selectors compare it: absent text is empty, an absent flag false. */
function fieldOf(object: ApiObject, path: string): string {
  let value: unknown = object;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null) return defaultOf(path);
    value = Reflect.get(value, key);
  }
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' || typeof value === 'number' ? String(value) : defaultOf(path);
}

function defaultOf(path: string): string {
  return path === 'spec.unschedulable' || path === 'spec.hostNetwork' ? 'false' : '';
}
