import { host } from './activity-options.ts';
import type { RollbackStepInput } from './domain/step.ts';
import type { NodeResult } from './messages.ts';
import type { NodeDrain } from './node-drain.ts';
import type { NodeSequence } from './node-sequence.ts';
import { bringBack, runNode, takeDown } from './upgrade-node.ts';
import type { UpgradeNodeInput } from './upgrade-node.ts';

export interface RollbackNodeInput extends UpgradeNodeInput {
  /** False where the kubelet has not changed yet: then its restart disturbs no pod, and the node is cordoned without a drain. */
  readonly isChanged: boolean;
}

/**
 * One node back to what was recorded on its host before its first change: drained, put back, Ready at the former version and
 * uncordoned, through the same steps as on the way up. A step that fails ends this run as `held`.
 */
export async function rollbackNode(input: RollbackNodeInput): Promise<NodeResult> {
  const { node } = input;
  const back: RollbackNodeInput = { ...input, node: { ...node, from: node.to, to: node.from } };
  return runNode(back, { change: 'rollbackNode', end: 'rolled-back' }, (sequence, drain) => rollBack(back, sequence, drain));
}

async function rollBack(input: RollbackNodeInput, sequence: NodeSequence, drain: NodeDrain): Promise<void> {
  const { node, upgrade, retry, repository, imageRepository, kubeadm } = input;
  await takeDown(input.isChanged ? input : { ...input, drain: { ...input.drain, enabled: false } }, sequence, drain);
  const packages: RollbackStepInput = { upgrade, node, retry, epochMs: sequence.epochMs, repository, imageRepository, kubeadm };
  const kubelet = await sequence.step('rollbackNode', () => host.rollbackNode.executeWithOptions({ summary: `${node.name}: back to ${node.to}` }, [packages]));
  await bringBack(input, sequence, kubelet?.restartedAt ?? null);
}
