import { machineIdsOf, mayBeSameMachine } from '../../workflows/domain/node-identity.ts';
import type { NodeStepInput } from '../../workflows/domain/step.ts';
import type { Node } from '../kubernetes/objects.ts';
import type { Kube } from '../kubernetes/port.ts';
import { stepError } from '../step-error.ts';

/** The node as it is now. Failure ClusterMoved where it is absent, another one under the same name, or on another machine. */
export async function plannedNode(kube: Pick<Kube, 'getNode'>, { node: planned, upgrade }: Pick<NodeStepInput, 'node' | 'upgrade'>): Promise<Node> {
  const node = await kube.getNode(planned.name);
  const moved = node === null ? 'is not in the cluster any more' : difference(node, planned);
  if (node !== null && moved === null) return node;
  throw stepError('ClusterMoved', `Node ${planned.name} of cluster ${upgrade.cluster} ${moved}.`, `Look at \`kubectl get node ${planned.name}\`; then make a new plan with \`capstan plan\`.`);
}

function difference({ metadata, status: { nodeInfo } }: Node, planned: NodeStepInput['node']): string | null {
  if (metadata.uid !== planned.uid) return 'was deleted and registered again since the plan was made';
  if (mayBeSameMachine(machineIdsOf(nodeInfo.machineID, nodeInfo.systemUUID), planned)) return null;
  return `is on another machine since the plan was made: it reports the machine id ${nodeInfo.machineID} and the system UUID ${nodeInfo.systemUUID}, and was planned with ${planned.machineId ?? planned.systemUuid}`;
}
