import type { Finding } from '../../workflows/domain/check.ts';
import type { NodeObservation, Observation } from '../../workflows/domain/observation.ts';
import { planNodes } from '../../workflows/domain/plan-nodes.ts';
import { LEFT_OUT_KINDS } from '../../workflows/domain/plan.ts';
import type { LeftOutNode, UpgradePlan } from '../../workflows/domain/plan.ts';
import type { UpgradeSpec } from '../../workflows/domain/spec.ts';
import type { Kube } from '../kubernetes/port.ts';
import { listStaticPods } from '../observe/static-pods.ts';
import { drainFindings } from './cluster-drain-checks.ts';
import { etcdFindings } from './cluster-etcd-checks.ts';
import { hold } from './cluster-finding.ts';
import { componentFindings, labelFindings, nodeFindings, skewFindings } from './cluster-node-checks.ts';
import { identityFindings } from './host-identity-checks.ts';
import { runtimeFindings } from './cluster-runtime-checks.ts';
import { serviceFindings } from './cluster-service-checks.ts';
import { webhookFindings } from './cluster-webhook-checks.ts';

/**
 * Everything that can be asked of the cluster's API and its etcd before an upgrade. Reads only.
 * `plan` null: only what needs no plan is checked (nothing about drains).
 */
export async function clusterFindings(kube: Kube, spec: UpgradeSpec, all: Observation, plan: UpgradePlan | null, nowMs: number): Promise<Finding[]> {
  const leftOut = plan === null ? planNodes(spec, all.nodes).leftOut : plan.leftOut ?? [];
  const isOut = ({ name }: NodeObservation, ...kinds: readonly LeftOutNode['kind'][]): boolean => leftOut.some((node) => node.name === name && kinds.includes(node.kind));
  const observation = { ...all, nodes: all.nodes.filter((node) => !isOut(node, ...LEFT_OUT_KINDS)) };
  const [failing, nodes, staticPods, webhooks, services] = await Promise.all([kube.failingReadyChecks(), kube.listNodes(), listStaticPods(kube), webhookFindings(kube), serviceFindings(kube)]);
  const drains = plan === null ? [] : await drainFindings(kube, spec, plan);
  return [
    readyFinding(kube, failing),
    ...nodeFindings(nodes, leftOut),
    ...labelFindings(observation),
    ...componentFindings(observation, staticPods),
    ...etcdFindings(observation, spec, nowMs),
    ...skewFindings({ ...all, nodes: all.nodes.filter((node) => !isOut(node, 'foreign', 'excluded')) }),
    ...identityFindings(observation.nodes),
    ...webhooks,
    ...services,
    ...(plan === null ? [] : runtimeFindings(nodes, plan)),
    ...drains,
  ];
}

function readyFinding(kube: Kube, failing: readonly string[]): Finding {
  if (failing.length === 0) return hold('api-ready', `The API at ${kube.server} is ready.`);
  return {
    check: 'api-ready',
    severity: 'block',
    node: null,
    message: `The API at ${kube.server} is not ready: ${failing.join(', ')} ${failing.length === 1 ? 'fails' : 'fail'}.`,
    next: 'See `kubectl get --raw /readyz?verbose`.',
  };
}
