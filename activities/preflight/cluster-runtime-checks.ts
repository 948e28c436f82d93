import type { Finding } from '../../workflows/domain/check.ts';
import { compareNames } from '../../workflows/domain/order.ts';
import type { UpgradePlan } from '../../workflows/domain/plan.ts';
import type { Node } from '../kubernetes/objects.ts';
import { orHold } from './cluster-finding.ts';
import { isAtLeastMinor } from './minor.ts';

const CHECK = 'container-runtime';

/** Kubernetes supports containerd 1.x up to 1.35. Not a block: such a kubelet may still start, and whoever maintains the runtime knows more. */
export function runtimeFindings(nodes: readonly Node[], plan: Pick<UpgradePlan, 'nodes'>): Finding[] {
  const changing = new Map(plan.nodes.filter(({ changes }) => changes).map(({ name, to }) => [name, to]));
  const findings = nodes.toSorted((one, other) => compareNames(one.metadata.name, other.metadata.name)).flatMap((node): readonly Finding[] => {
    const { name } = node.metadata;
    const runtime = node.status.nodeInfo.containerRuntimeVersion ?? '';
    const to = changing.get(name) ?? '';
    if (!/^containerd:\/\/v?[01]\./.test(runtime) || !isAtLeastMinor(to, 1, 36)) return [];
    return [{ check: CHECK, severity: 'warn', node: name, message: `Node ${name} runs ${runtime.replace('://', ' ')}, and v1.35 is the last minor that supports containerd 1.x: the target is ${to}.`, next: `Bring containerd of ${name} to 2.x first.` }];
  });
  return orHold(findings, CHECK, 'The container runtime of every node is one that the target supports.');
}
