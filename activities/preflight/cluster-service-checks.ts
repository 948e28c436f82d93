import type { Finding } from '../../workflows/domain/check.ts';
import { compareNames } from '../../workflows/domain/order.ts';
import type { Pod } from '../kubernetes/objects.ts';
import { podsPath } from '../kubernetes/paths.ts';
import type { Kube } from '../kubernetes/port.ts';
import { isNodeService } from '../nodes/readiness.ts';
import { isMirror, isReady } from '../nodes/ready.ts';
import { serviceOf } from '../nodes/unready-before.ts';
import { orHold } from './cluster-finding.ts';

const CHECK = 'node-services-ready';
const SHOWN = 10;

/** DaemonSets without whose pods a node serves nobody, and whose pods are not Ready already: what is broken before is said before. */
export async function serviceFindings(kube: Pick<Kube, 'fold'>): Promise<Finding[]> {
  const unready = await kube.fold<Pod, Map<string, string[]>>(podsPath({}), () => new Map(), (found, pods) => {
    for (const pod of pods) {
      if (!isNodeService(pod) || isMirror(pod) || isReady(pod)) continue;
      const service = serviceOf(pod);
      found.set(service, [...(found.get(service) ?? []), pod.spec.nodeName ?? 'no node']);
    }
    return found;
  });
  const findings = [...unready].toSorted(([one], [other]) => compareNames(one, other)).map(([service, nodes]) => unreadyFinding(service, nodes.toSorted(compareNames)));
  return orHold(findings, CHECK, 'The pods of DaemonSets that nodes need are Ready on all of them.');
}

function unreadyFinding(service: string, nodes: readonly string[]): Finding {
  const [namespace = '', name = ''] = service.split('/');
  const shown = nodes.length > SHOWN ? `${nodes.slice(0, SHOWN).join(', ')} and ${nodes.length - SHOWN} more` : nodes.join(', ');
  return {
    check: CHECK,
    severity: 'warn',
    node: nodes.length === 1 ? nodes[0] ?? null : null,
    message: `Pods of the DaemonSet ${service} are not Ready on ${shown} before anything was changed: they do not hold ${nodes.length === 1 ? 'that node' : 'those nodes'} afterwards.`,
    next: `See \`kubectl -n ${namespace} describe daemonset ${name}\`.`,
  };
}
