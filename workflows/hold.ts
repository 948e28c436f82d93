import { CancellationScope, condition } from '@temporalio/workflow';
import { api, host } from './activity-options.ts';
import { hear } from './cluster-messages.ts';
import { now } from './cluster-run.ts';
import type { ClusterRunner } from './cluster-run.ts';
import { isSkipped, reachPause, takeRetry, withoutDecision, withoutSkip } from './domain/control.ts';
import type { Failure } from './domain/failure.ts';
import type { PlannedNode } from './domain/plan.ts';
import { plannedKubeadm } from './domain/planned-file.ts';
import { decisionInAdvance } from './domain/on-failure.ts';
import { readMessage } from './domain/operator-message.ts';
import { addTimes, DETAILED_NODES, timesOf } from './domain/run.ts';
import type { NodeRun } from './domain/run.ts';
import type { PackageStepInput } from './domain/step.ts';
import { failureOf } from './failures.ts';
import { startNode } from './flight.ts';
import type { Attempt } from './flight.ts';
import { reportedStep } from './reported-step.ts';
import { mustGoBack } from './rollback-decisions.ts';

/**
 * Upgrades one node, or takes one back that is done, and stays with it until that is done or a person has skipped it. A node that an earlier run of this upgrade
 * has started, or held, is taken up where it is.
 */
export async function upgradeHeldNode(run: ClusterRunner, node: PlannedNode, tellDrained = false): Promise<void> {
  const own = run.node(node.name);
  let next = firstAttempt(own, tellDrained);
  for (;;) {
    if (next !== null) await startNode(run, node, next);
    await condition(() => !own.inFlight);
    if (own.state !== 'held') return;
    const decision = await decide(run, node);
    if (decision === null) return;
    next = { ...decision, tellDrained };
  }
}

/** Null for a node that is under way or held. One that is done goes back. */
function firstAttempt(own: NodeRun, tellDrained: boolean): Attempt | null {
  if (own.inFlight || own.state === 'held') return null;
  const rollback = own.state === 'done';
  // The end of the former try may be told once more.
  if (rollback) own.retries += 1;
  return { retry: own.retries, from: null, force: false, forceDrain: false, rollback, tellDrained };
}

/** Stages one node; a failure holds it like any other. */
export async function stageHeldNode(run: ClusterRunner, node: PlannedNode): Promise<void> {
  const own = run.node(node.name);
  while (own.state === 'held' || !own.staged) {
    if (own.state !== 'held') await stage(run, node);
    if (own.state !== 'held') continue;
    if ((await decide(run, node)) === null) return;
    // Staging takes no slot.
    run.open.delete(node.name);
  }
}

async function stage(run: ClusterRunner, node: PlannedNode): Promise<void> {
  const own = run.node(node.name);
  const input: PackageStepInput = {
    upgrade: run.upgrade, node, retry: own.retries, epochMs: run.epochMs, repository: run.spec.packages.repository,
    imageRepository: run.state.plan.imageRepository, kubeadm: plannedKubeadm(run.state.plan),
  };
  Object.assign(own, { state: 'preparing', step: 'stageNode', since: now() });
  try {
    const result = await run.work(() => host.stageNode.executeWithOptions({ summary: `${node.name}: stage packages and images of ${node.to}` }, [input]));
    addTimes(run.state, own, timesOf([reportedStep('stageNode', result)], run.state.plan.nodes.length <= DETAILED_NODES));
    Object.assign(own, { state: 'pending', step: null, since: now(), staged: true });
  } catch (error) {
    Object.assign(own, { state: 'pending', step: null, since: now() });
    if (CancellationScope.current().consideredCancelled) throw error;
    Object.assign(own, { state: 'held', step: 'stageNode', failure: failureOf(error) });
    run.open.add(node.name);
  }
  run.show();
}

/** Takes the decision on a held node: the spec's, or the operator's word, for which it waits. Null: it was skipped and its cordon released. */
async function decide(run: ClusterRunner, node: PlannedNode): Promise<Omit<Attempt, 'tellDrained'> | null> {
  const onFailure = run.spec.strategy?.onFailure ?? 'hold';
  const kind = mustGoBack(run, node) ? null : decisionInAdvance(onFailure, run.state, run.node(node.name));
  if (kind !== null) {
    const scope = kind === 'rollback' ? { scope: 'node' } : {};
    hear(run, readMessage(kind, { ...scope, node: node.name, by: 'the spec', reason: `strategy.onFailure: ${onFailure}` }));
  }
  return followDecision(run, node);
}

async function followDecision(run: ClusterRunner, node: PlannedNode): Promise<Omit<Attempt, 'tellDrained'> | null> {
  const own = run.node(node.name);
  const decided = (): boolean => mustGoBack(run, node) || isSkipped(run.state.control, node.name) || run.state.control.retry.some((retry) => retry.node === node.name);
  // Heard in a full history as well: a control-plane node that is held keeps its phase in this one.
  await run.waitForPerson(decided);
  const attempt = takeAttempt(run, node);
  if (attempt !== null) {
    // It stays open: another node must not take its slot before this one begins again.
    Object.assign(own, { state: 'pending', failure: null, since: now() });
    run.show();
    return attempt;
  }
  run.releasing.add(node.name);
  const failure = await run.work(() => releaseNode(run, node));
  run.releasing.delete(node.name);
  if (failure === null) {
    run.open.delete(node.name);
    passOver(run, node.name);
    return null;
  }
  // The cordon could not be released: the skip is taken back, and the node waits for another word.
  Object.assign(own, { state: 'held', failure, since: now() });
  run.state.control = withoutSkip(run.state.control, node.name);
  run.show();
  return followDecision(run, node);
}

/** The try that was decided on, taken out of what waits to be acted on; null where the node is skipped. */
function takeAttempt(run: ClusterRunner, node: PlannedNode): Omit<Attempt, 'tellDrained'> | null {
  const own = run.node(node.name);
  own.retries += 1;
  if (mustGoBack(run, node)) {
    run.state.control = withoutDecision(run.state.control, node.name);
    return { retry: own.retries, from: null, force: false, forceDrain: false, rollback: true };
  }
  const { control, retry } = takeRetry(run.state.control, node.name);
  run.state.control = control;
  if (retry === null) return null;
  return { retry: own.retries, from: retry.from ?? own.step, force: retry.force, forceDrain: retry.forceDrain, rollback: own.rollsBack };
}

/** A node is left as it is, by a person's word. */
export function passOver(run: ClusterRunner, name: string): void {
  Object.assign(run.node(name), { state: 'skipped', since: now() });
  run.state.control = reachPause(run.state.control, name, now());
  run.show();
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
