import { condition, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { now } from './cluster-run.ts';
import { cover } from './domain/coverage.ts';
import { progressTable } from './domain/progress.ts';
import { newRestoredNode, newRestoreRun, recordRestoreStep, restoreState, restoreStatusOf } from './domain/restore-run.ts';
import type { RestoredNodeRun, RestoreRun } from './domain/restore-run.ts';
import type { RestorePlan } from './domain/restore.ts';
import type { NodeState, NodeStep } from './domain/state.ts';
import type { Failure } from './domain/failure.ts';
import type { PackageStepInput, StepResult, UpgradeRef } from './domain/step.ts';
import { searchAttributes, upgradeWorkflowId } from './messages.ts';
import type { RestoreClusterInput } from './messages.ts';
import { reportedStep } from './reported-step.ts';
import { openRestoreTeller } from './restore-tell.ts';

/** One restore while it runs: its state, and the few verbs that its runbook is written in. */
export interface RestoreRunner {
  readonly input: RestoreClusterInput;
  readonly state: RestoreRun;
  readonly upgrade: UpgradeRef;
  /** True where an upgrade runs it, whose lock it has. */
  readonly isChild: boolean;
  /** What steps need besides the node. */
  readonly common: Omit<PackageStepInput, 'node' | 'retry'>;
  readonly show: () => void;
  /** Takes the nodes of the plan as of now. */
  readonly take: (plan: RestorePlan) => void;
  readonly node: (name: string) => RestoredNodeRun | null;
  readonly enter: (node: RestoredNodeRun, state: NodeState, step: NodeStep | null, failure?: Failure | null) => void;
  /** Runs a step of the cluster as a whole and records it. */
  readonly step: <T extends StepResult>(name: string, call: () => Promise<T>) => Promise<T>;
  /** Waits until `ready`; the time counts as a person's. */
  readonly waitForPerson: (ready: () => boolean) => Promise<void>;
  /** Resolves when the upgrade that runs it has been told everything. */
  readonly told: () => Promise<void>;
}

/** Opens the restore; messages are opened right after, before the first await. */
export function openRestoreRun(input: RestoreClusterInput): RestoreRunner {
  const info = workflowInfo();
  const { spec, plan } = input;
  const state = newRestoreRun(plan, info.startTime.toISOString());
  // The records and the lock are those of the upgrade that is taken back.
  const upgrade: UpgradeRef = { cluster: spec.name, clusterUid: plan.clusterUid, id: plan.upgrade, workflowId: upgradeWorkflowId(spec.name), access: spec.access };
  const teller = openRestoreTeller(info.parent?.workflowId ?? null, state);
  let shown = '';

  function show(): void {
    setCurrentDetails(progressTable(restoreStatusOf(state, input.by)));
    const stateNow = restoreState(state);
    if (shown === `${stateNow} ${state.phase}`) return;
    shown = `${stateNow} ${state.phase}`;
    upsertSearchAttributes(searchAttributes({ cluster: spec.name, target: plan.to, phase: state.phase, state: stateNow }));
  }

  return {
    input, state, upgrade, isChild: info.parent !== undefined, show,
    common: { upgrade, epochMs: info.runStartTime.getTime(), repository: spec.packages.repository, imageRepository: null, kubeadm: { ...spec.kubeadm, files: [] } },
    take: ({ nodes, workers }) => {
      state.nodes = [...nodes, ...workers].map(newRestoredNode);
      show();
    },
    node: (name) => state.nodes.find((node) => node.name === name) ?? null,
    enter: (node, entered, step, failure = null) => {
      Object.assign(node, { state: entered, step, failure, since: now() });
      teller.tell(node);
      show();
    },
    step: async (name, call) => {
      const result = await call();
      recordRestoreStep(state, state.steps, reportedStep(name, result));
      return result;
    },
    waitForPerson: async (ready) => {
      const fromMs = Date.now();
      await condition(ready);
      state.covered = cover(state.covered, [[fromMs, Date.now()]]);
    },
    told: teller.told,
  };
}
