import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { inspect } from './activity-options.ts';
import { now } from './cluster-run.ts';
import type { ClusterRunner } from './cluster-run.ts';
import { amendPlan } from './domain/amend-plan.ts';
import type { AmendableNode } from './domain/amend-node.ts';
import type { Amendment, PlanGrowth } from './domain/amend-plan.ts';
import { applyAmendment, applyGrowth, leaveGrowthOut } from './domain/apply-amendment.ts';
import { reachPause } from './domain/control.ts';
import type { Failure } from './domain/failure.ts';
import type { UpgradePlan } from './domain/plan.ts';
import type { UpgradeSpec } from './domain/spec.ts';
import { policyWithin } from './domain/pool-policy.ts';
import { blockedFailure, bounded, growthApproval, NO_LINES, startApproval, unreadFailure } from './domain/resume-report.ts';
import { failureOf } from './failures.ts';
import { forward } from './forward.ts';
import { workersGoBack } from './rollback-decisions.ts';

/**
 * Whenever somebody wants to go on after a pause, reads the cluster again before anything further begins, and amends the plan. What changed
 * for the less is taken in at once; a plan that grew waits for a yes; where the cluster cannot be read, or its control plane is another
 * one, the upgrade stays paused and says so.
 */
export async function watchResume(run: ClusterRunner): Promise<void> {
  try {
    for (;;) {
      await condition(() => wantsToGoOn(run));
      await comeBack(run);
      run.show();
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
}

function wantsToGoOn({ state: { control, approval } }: ClusterRunner): boolean {
  return control.resume !== null && (approval === null || control.approved !== null);
}

async function comeBack(run: ClusterRunner): Promise<void> {
  const { resume: asked, approved } = run.state.control;
  // A node that is just being staged is neither pending nor in flight: a moment later it is one of them.
  await condition(() => !run.state.nodes.some(({ state, inFlight }) => state === 'preparing' && !inFlight));
  // One that ends while the cluster is read may be read as it was before.
  const wasOpen = new Set(run.open);
  const read = await readAgain(run);
  const { control } = run.state;
  // Another word came meanwhile: it is heard first.
  if (asked === null || control.resume !== asked || control.approved !== approved) return;
  if (!read.ok) return stayPaused(run, unreadFailure(run.spec.name, read.failure));
  const amendment = amendPlan(run.state.plan, (name) => amendable(run, name, wasOpen), read.plan, workersGoBack(run));
  if (amendment.blocked.length > 0) return stayPaused(run, blockedFailure(run.spec.name, amendment));
  const isOther = applyAmendment(run.state, amendment, now());
  run.state.control = { ...control, policy: policyWithin(control.policy, read.plan) };
  if (isOther) run.renew();
  if (isAppliedByHand(run, read.plan, wasOpen)) run.state.applied = true;
  const { growth } = amendment;
  const isTaken = growth === null || takeGrowth(run, growth, asked.ignoreNew);
  // What was found before the yes belongs to the same resume.
  const told = approved === null ? NO_LINES : run.state.resumed?.changes ?? NO_LINES;
  run.state.resumed = { at: now(), by: asked.by, changes: bounded([...amendment.changes, ...(isTaken ? grownLines(growth, asked.ignoreNew) : [])], told), problem: null };
  if (!isTaken) return awaitYes(run, growth);
  goOn(run, amendment);
}

type Read = { readonly ok: true; readonly plan: UpgradePlan } | { readonly ok: false; readonly failure: Failure };

async function readAgain(run: ClusterRunner): Promise<Read> {
  try {
    const { plan } = await run.work(() => inspect.planUpgrade.executeWithOptions({ summary: 'Read the cluster again after the pause' }, [{ spec: dueSpec(run) }]));
    return { ok: true, plan };
  } catch (error) {
    if (CancellationScope.current().consideredCancelled) throw error;
    return { ok: false, failure: failureOf(error) };
  }
}

/** An add-on that is applied needs its file no more, and a check was waived for what may be gone by now: both stay in the plan that runs. */
function dueSpec({ spec, state: { addonsDone } }: ClusterRunner): UpgradeSpec {
  return { ...spec, ignore: [], addons: spec.addons.filter(({ name }) => !addonsDone.includes(name)) };
}

function amendable(run: ClusterRunner, name: string, wasOpen: ReadonlySet<string>): AmendableNode {
  const { state, note } = run.node(name);
  return { state, note, isBusy: run.open.has(name) || wasOpen.has(name) };
}

/** Somebody has run `kubeadm upgrade apply`: what is left of the control plane runs `kubeadm upgrade node`. */
function isAppliedByHand({ state, open, planned }: ClusterRunner, now: UpgradePlan, wasOpen: ReadonlySet<string>): boolean {
  return !state.applied && !now.nodes.some((node) => node.first) && ![...open, ...wasOpen].some((name) => planned(name).roles.includes('control-plane'));
}

function grownLines(growth: PlanGrowth | null, isIgnored: boolean): readonly string[] {
  const lines = growth?.lines ?? [];
  return isIgnored ? lines.map((line) => `${line}; left out`) : lines;
}

/** False where it waits for a yes. */
function takeGrowth(run: ClusterRunner, growth: PlanGrowth, isIgnored: boolean): boolean {
  if (isIgnored) {
    if (leaveGrowthOut(run.state, growth, now())) run.renew();
    return true;
  }
  if (run.state.control.approved?.planHash !== growth.plan.hash) return false;
  applyGrowth(run.state, growth, now());
  run.renew();
  return true;
}

/** Nodes in flight are in the approved plan: they go on, and no other starts. */
function awaitYes(run: ClusterRunner, growth: PlanGrowth): void {
  const { state } = run;
  state.approval = growthApproval(growth);
  state.control = { ...state.control, approved: null };
  release(run);
}

/** A yes is kept: it names its plan. */
function stayPaused({ state }: ClusterRunner, problem: Failure): void {
  state.resumed = { at: now(), by: state.control.resume?.by ?? '', changes: NO_LINES, problem };
  state.approval = null;
  state.control = { ...state.control, resume: null };
}

function goOn(run: ClusterRunner, { nodes }: Amendment): void {
  const { state } = run;
  release(run);
  state.approval = null;
  state.control = { ...state.control, pause: null, resume: null, approved: null };
  // A node to pause after may be one that ended without us.
  for (const { name, state: ended } of nodes) if (ended !== null) state.control = reachPause(state.control, name, now());
}

/** Lets nodes go on that were stopped between two steps. */
function release(run: ClusterRunner): void {
  const { control } = run.state;
  if (control.pause?.now !== true) return;
  forward(run, 'resume', [...run.open].filter((name) => run.node(name).inFlight));
  run.state.control = { ...control, pause: { ...control.pause, now: false } };
}

/** Waits for the yes to the plan that somebody has begun without asking; nothing was changed, not even the lock taken. */
export async function awaitApproval(run: ClusterRunner): Promise<void> {
  const { state } = run;
  state.approval = startApproval(state.plan);
  run.show();
  await run.waitForPerson(() => state.control.approved !== null);
  state.approval = null;
  state.control = { ...state.control, approved: null };
  run.show();
}
