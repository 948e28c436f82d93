import { selects } from '../../activities/kubernetes/selector.ts';
import type { Taint } from '../description.ts';
import type { NodeSelectorTerm, Pod, Toleration } from './kinds.ts';
import type { NodeFacts } from './node-index.ts';
import type { NodeLoad, Requests } from './pod-index.ts';

const NO_TOLERATIONS: readonly Toleration[] = [];
const UNSCHEDULABLE: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/**
 * Why a pod cannot be on a node, in the scheduler's own words; null where it can.
 * Source: the filter plugins of pkg/scheduler/framework/plugins.
 */
export function obstacle(pod: Pod, node: NodeFacts, load: Readonly<NodeLoad>, { cpu, memory }: Requests): string | null {
  const tolerations = pod.spec.tolerations ?? NO_TOLERATIONS;
  if (node.unschedulable && !isTolerated(UNSCHEDULABLE, tolerations)) return 'node(s) were unschedulable';
  for (const taint of node.taints) {
    if (taint.effect !== 'PreferNoSchedule' && !isTolerated(taint, tolerations)) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
  }
  if (!suitsNode(pod, node)) return "node(s) didn't match Pod's node affinity/selector";
  if (load.pods + 1 > node.pods) return 'Too many pods';
  // Sums of fractions: a node that is exactly full is not over its end.
  if (cpu > 0 && load.cpu + cpu > node.cpu + 1e-6) return 'Insufficient cpu';
  if (memory > 0 && load.memory + memory > node.memory + 1) return 'Insufficient memory';
  return null;
}

/** Whether node selector and required node affinity let the pod onto the node, as DaemonSets ask as well. */
export function suitsNode(pod: Pick<Pod, 'spec'>, node: NodeFacts): boolean {
  const { nodeSelector, affinity } = pod.spec;
  if (nodeSelector !== undefined && !selects({ matchLabels: nodeSelector }, node.labels)) return false;
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => termHolds(term, node));
}

function termHolds(term: NodeSelectorTerm, node: NodeFacts): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return false;
  return expressions.every((expression) => expressionHolds(expression, node.labels)) && fields.every((field) => expressionHolds(field, { 'metadata.name': node.name }));
}

function expressionHolds(expression: { readonly key: string; readonly operator: string; readonly values?: readonly string[] }, labels: Readonly<Record<string, string>>): boolean {
  const bound = Number(expression.values?.[0]);
  if (expression.operator === 'Gt') return Number(labels[expression.key] ?? Number.NaN) > bound;
  if (expression.operator === 'Lt') return Number(labels[expression.key] ?? Number.NaN) < bound;
  return selects({ matchExpressions: [expression] }, labels);
}

/** Source: ToleratesTaint in staging/src/k8s.io/api/core/v1/toleration.go. */
export function isTolerated(taint: Taint, tolerations: readonly Toleration[]): boolean {
  return tolerations.some((toleration) => {
    if (toleration.effect !== undefined && toleration.effect !== '' && toleration.effect !== taint.effect) return false;
    if (toleration.key !== undefined && toleration.key !== '' && toleration.key !== taint.key) return false;
    if (toleration.operator === 'Exists') return true;
    return (toleration.key ?? '') !== '' && (toleration.value ?? '') === (taint.value ?? '');
  });
}

/** The only node that the pod may be on, as DaemonSet pods are bound by their affinity; null where it has a choice. */
export function onlyNode(pod: Pod): string | null {
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const [field] = terms.length === 1 ? terms[0]?.matchFields ?? [] : [];
  return field?.key === 'metadata.name' && field.operator === 'In' && field.values?.length === 1 ? field.values[0] ?? null : null;
}
