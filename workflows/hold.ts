import { CancellationScope, executeChild } from '@temporalio/workflow';
import { api, host } from './activity-options.ts';
import { now } from './cluster-run.ts';
import type { ClusterRunner } from './cluster-run.ts';
import { isSkipped, reachPause, takeRetry } from './domain/control.ts';
import { drainPolicy } from './domain/drain-policy.ts';
import type { Failure } from './domain/failure.ts';
import type { PlannedNode } from './domain/plan.ts';
import type { NodeStep } from './domain/state.ts';
import type { PackageStepInput } from './domain/step.ts';
import { failureOf } from './failures.ts';
import { nodeWorkflowId } from './messages.ts';
import { reportedStep } from './reported-step.ts';
import { upgradeNode } from './upgrade-node.ts';
import type { NodeResult } from './upgrade-node.ts';

/** How a node is tried: first from the beginning, then as the operator decided. */
export interface Attempt {
  readonly retry: number;
  readonly from: NodeStep | null;
  readonly force: boolean;
}

/** Upgrades one node and stays with it until it is done or a person has skipped it. */
export async function upgradeHeldNode(run: ClusterRunner, node: PlannedNode): Promise<void> {
  await untilDecided(run, node, (attempt) => runChild(run, node, attempt));
  run.state.control = reachPause(run.state.control, node.name, now());
  run.show();
}

async function runChild(run: ClusterRunner, node: PlannedNode, attempt: Attempt): Promise<NodeResult> {
  run.inFlight.add(node.name);
  try {
    return await executeChild(upgradeNode, {
      workflowId: nodeWorkflowId(run.spec.name, node.name),
      staticSummary: `${node.name}: ${node.from} → ${node.to}`,
      args: [{
        upgrade: run.upgrade, node, ...attempt, repository: run.spec.packages.repository, imageRepository: run.state.imageRepository,
        kubeadm: run.spec.kubeadm, drain: drainPolicy(run.spec, node), maxUnavailable: windowOf(run, node), members: run.members, acceptOutage: run.spec.etcd.acceptOutage,
      }],
    });
  } finally {
    run.inFlight.delete(node.name);
  }
}

function windowOf(run: ClusterRunner, node: PlannedNode): number {
  return run.state.plan.phases.find((phase) => phase.phase === 'workers' && phase.pool === node.pool)?.maxUnavailable ?? 1;
}

/** Stages one node; a failure holds it like any other. */
export async function stageHeldNode(run: ClusterRunner, node: PlannedNode): Promise<void> {
  const own = run.node(node.name);
  await untilDecided(run, node, async ({ retry }) => {
    Object.assign(own, { state: 'preparing', step: 'stageNode', since: now() });
    const input: PackageStepInput = {
      upgrade: run.upgrade, node, retry, epochMs: run.epochMs, repository: run.spec.packages.repository,
      imageRepository: run.state.imageRepository, kubeadm: run.spec.kubeadm,
    };
    try {
      const result = await host.stageNode.executeWithOptions({ summary: `${node.name}: stage packages and images of ${node.to}` }, [input]);
      return { state: 'done', step: null, failure: null, steps: [reportedStep('stageNode', result)] };
    } catch (error) {
      if (CancellationScope.current().consideredCancelled) throw error;
      return { state: 'held', step: 'stageNode', failure: failureOf(error), steps: [] };
    }
  });
  if (own.state === 'skipped') return;
  own.staged = true;
  Object.assign(own, { state: 'pending', step: null, since: now() });
}

async function untilDecided(run: ClusterRunner, node: PlannedNode, attempt: (attempt: Attempt) => Promise<NodeResult>): Promise<void> {
  const own = run.node(node.name);
  let next: Attempt = { retry: own.retries, from: null, force: false };
  for (;;) {
    const result = await attempt(next);
    own.steps.push(...result.steps);
    Object.assign(own, { state: result.state, step: result.step, failure: result.failure, since: now() });
    run.show();
    if (result.state !== 'held') return;
    const decision = await decide(run, node, result.step);
    if (decision === null) return;
    next = decision;
  }
}

/** Waits for the operator's word on a held node. Null: it was skipped and its cordon released. */
async function decide(run: ClusterRunner, node: PlannedNode, failed: NodeStep | null): Promise<Attempt | null> {
  const own = run.node(node.name);
  const decided = (): boolean => isSkipped(run.state.control, node.name) || run.state.control.retry.some((retry) => retry.node === node.name);
  await run.waitForPerson(decided);
  const { control, retry } = takeRetry(run.state.control, node.name);
  run.state.control = control;
  own.retries += 1;
  if (retry !== null) {
    Object.assign(own, { state: 'pending', failure: null, since: now() });
    run.show();
    return { retry: own.retries, from: retry.from ?? failed, force: retry.force };
  }
  const failure = await releaseNode(run, node);
  Object.assign(own, { state: failure === null ? 'skipped' : 'held', failure: failure ?? own.failure, since: now() });
  run.show();
  if (failure === null) return null;
  // The cordon could not be released: the skip is taken back, and the node waits for another word.
  run.state.control = { ...run.state.control, skip: run.state.control.skip.filter((skip) => skip.node !== node.name) };
  return decide(run, node, failed);
}

/** Gives back what is ours on a node; the failure where that did not work. Does nothing where nothing is ours. */
export async function releaseNode(run: ClusterRunner, node: PlannedNode): Promise<Failure | null> {
  const input = { upgrade: run.upgrade, node, retry: run.node(node.name).retries, epochMs: run.epochMs, release: true };
  try {
    await api.uncordonNode.executeWithOptions({ summary: `${node.name}: release the cordon` }, [input]);
    return null;
  } catch (error) {
    return failureOf(error);
  }
}
