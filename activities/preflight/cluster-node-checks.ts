import type { Finding } from '../../workflows/domain/check.ts';
import type { Observation } from '../../workflows/domain/observation.ts';
import type { LeftOutNode } from '../../workflows/domain/plan.ts';
import { labelCommand, unlabelled } from '../../workflows/domain/plan-roles.ts';
import { skewViolations } from '../../workflows/domain/skew.ts';
import type { Node, Pod } from '../kubernetes/objects.ts';
import { CORDONED_BY } from '../nodes/cordon-mark.ts';
import { isTainted, PENDING_TAINT } from '../nodes/pending-taint.ts';
import { conditionOf, isReady } from '../nodes/ready.ts';
import { CONTROL_PLANE_COMPONENTS, staticPodOf } from '../observe/static-pods.ts';
import { orHold } from './cluster-finding.ts';

/** Nodes Ready; whose cordons there are, which taints a former upgrade left, and which nodes are left out. */
export function nodeFindings(all: readonly Node[], leftOut: readonly LeftOutNode[]): Finding[] {
  const out = new Set(leftOut.map(({ name }) => name));
  const nodes = all.filter(({ metadata }) => !out.has(metadata.name));
  const notReady = nodes.filter((node) => !isReady(node)).map(notReadyFinding);
  return [
    ...orHold([...notReady, ...leftOut.filter(({ kind }) => kind === 'unready').map(unreadyFinding)], 'nodes-ready', `All ${nodes.length} nodes are Ready.`),
    ...leftOut.filter(({ kind }) => kind !== 'unready').map(leftOutFinding), ...nodes.flatMap(cordonFinding), ...taintFindings(all),
  ];
}

function unreadyFinding({ name, pool }: LeftOutNode): Finding {
  return {
    check: 'nodes-ready', severity: 'warn', node: name,
    message: `Node ${name} is not Ready: it is left out, and counts as one of maxUnavailable${pool === undefined ? '' : ` of the pool ${pool}`}.`,
    next: `See \`kubectl describe node ${name}\`; start again once it is back, or take it out of the cluster.`,
  };
}

function leftOutFinding({ name, kind, reason }: LeftOutNode): Finding {
  return { check: 'nodes-left-out', severity: 'info', node: name, message: `Node ${name} is left out: ${kind === 'excluded' ? `by ${reason}` : reason}.`, next: null };
}

function notReadyFinding(node: Node): Finding {
  const condition = conditionOf(node, 'Ready');
  const { name } = node.metadata;
  return {
    check: 'nodes-ready',
    severity: 'block',
    node: name,
    message: `Node ${name} is not Ready: ${condition?.message ?? condition?.reason ?? 'it has no such condition'}.`,
    next: `See \`kubectl describe node ${name}\` and the kubelet's journal on it.`,
  };
}

function cordonFinding(node: Node): readonly Finding[] {
  const { name, annotations } = node.metadata;
  const mark = annotations?.[CORDONED_BY];
  const cordoned = node.spec.unschedulable === true;
  if (mark !== undefined) {
    return [{
      check: 'cordon-leftover',
      severity: 'warn',
      node: name,
      message: `Node ${name} carries the mark of a former upgrade (${mark})${cordoned ? ' and is cordoned by it' : ''}.`,
      next: `Where that upgrade is over: \`kubectl annotate node ${name} ${CORDONED_BY}-\`${cordoned ? ` and \`kubectl uncordon ${name}\`` : ''}.`,
    }];
  }
  if (!cordoned) return [];
  return [{ check: 'cordoned-by-person', severity: 'info', node: name, message: `Node ${name} is cordoned by a person: it is upgraded and stays cordoned.`, next: null }];
}

function taintFindings(nodes: readonly Node[]): readonly Finding[] {
  const names = nodes.filter(isTainted).map((node) => node.metadata.name);
  if (names.length === 0) return [];
  const shown = names.length > 10 ? `${names.slice(0, 10).join(', ')} and ${names.length - 10} more` : names.join(', ');
  return [{
    check: 'taint-leftover',
    severity: 'warn',
    node: null,
    message: `A former upgrade left its soft taint ${PENDING_TAINT.key} on ${shown}: new pods avoid ${names.length === 1 ? 'this node' : 'these nodes'}. This upgrade takes it off.`,
    next: `Without an upgrade: \`kubectl taint nodes --all ${PENDING_TAINT.key}-\`.`,
  }];
}

/** kubeadm finds control-plane nodes by their label, too: it has its own checks look at none where it is lost. */
export function labelFindings(observation: Observation): Finding[] {
  return unlabelled(observation.nodes).map((name): Finding => ({
    check: 'control-plane-label', severity: 'warn', node: name,
    message: `Node ${name} runs the control plane and has lost its label: it is upgraded as control plane.`,
    next: `Put the label back: \`${labelCommand([name])}\`.`,
  }));
}

/** Static pods of the control plane there and Ready. */
export function componentFindings(observation: Observation, staticPods: readonly Pod[]): Finding[] {
  const names = observation.nodes.filter((node) => node.roles.includes('control-plane')).map((node) => node.name);
  const findings = names.flatMap((node) => CONTROL_PLANE_COMPONENTS.flatMap((component) => componentFinding(component, node, staticPodOf(staticPods, component, node))));
  if (names.length === 0) {
    findings.push({ check: 'control-plane-pods', severity: 'block', node: null, message: 'No node runs a control plane.', next: 'The driver kubeadm needs control-plane nodes that kubeadm has set up.' });
  }
  return orHold(findings, 'control-plane-pods', `The control plane is of static pods, and all are Ready on ${names.join(', ')}.`);
}

function componentFinding(component: string, node: string, pod: Pod | null): readonly Finding[] {
  if (pod !== null && isReady(pod)) return [];
  const message = pod === null ? `${component} is no static pod of kubeadm on node ${node}.` : `${component} of node ${node} is not Ready.`;
  const next = pod === null ? 'kubeadm upgrades static pods only; check /etc/kubernetes/manifests on that node.' : `See \`kubectl -n kube-system describe pod ${pod.metadata.name}\`.`;
  return [{ check: 'control-plane-pods', severity: 'block', node, message, next }];
}

/** The version skew policy, of the cluster as it is. */
export function skewFindings(observation: Observation): Finding[] {
  const violations = skewViolations({
    apiServers: observation.nodes.flatMap((node) => (node.controlPlaneVersion === null ? [] : [{ item: `kube-apiserver of node ${node.name}`, version: node.controlPlaneVersion }])),
    kubelets: observation.nodes.map((node) => ({ item: `kubelet of node ${node.name}`, version: node.kubeletVersion, ownApiServer: node.controlPlaneVersion })),
    kubeProxies: [],
  });
  const findings = violations.map((violation): Finding => ({
    check: 'version-skew',
    severity: 'block',
    node: null,
    message: `The ${violation.item} is at ${violation.version}: ${violation.rule}.`,
    next: 'Bring it within the version skew policy first; this is never waived.',
  }));
  return orHold(findings, 'version-skew', 'All versions lie within the version skew policy.');
}
