import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlaneResult, ControlPlaneStepInput } from '../../workflows/domain/step.ts';
import { currentActivity, startStep, whileBeating } from '../activity-context.ts';
import { pausesUpTo } from '../asking.ts';
import { waitForGate } from '../etcd/wait-gate.ts';
import type { NodeHostOptions } from '../packages/package-step.ts';
import { stepError } from '../step-error.ts';
import { gateOf, KUBEADM_STEP, runKubeadm } from './control-plane-run.ts';
import type { ControlPlaneRun } from './control-plane-run.ts';
import { controlPlaneProblems, readKubeadmState } from './kubeadm-state.ts';
import type { KubeadmState } from './kubeadm-state.ts';

const CONFIRM_MS = 2 * 60_000;
const LONGEST_PAUSE_MS = 2_000;

/**
 * kubeadm's upgrade of a control-plane node waited for to its end (and started where etcd is external), then confirmed
 * by the manifests and by this node's own API server. Failures: see `runKubeadm`.
 */
export function createUpgradeControlPlane({ openKube, openHosts, now, elapsedMs = () => performance.now() }: NodeHostOptions) {
  return async function upgradeControlPlane(input: ControlPlaneStepInput): Promise<ControlPlaneResult> {
    const end = startStep(now);
    const [kube, hosts] = await Promise.all([openKube(input.upgrade.access), openHosts(input.upgrade.access)]);
    const busyFrom = elapsedMs();
    const run: ControlPlaneRun = { hosts, kube, input, elapsedMs, signal: currentActivity().signal };
    const kubeadm = await runKubeadm(run);
    const endedMs = elapsedMs();
    const state = await confirmed(run);
    const gate = gateOf(run);
    if (gate !== null) await waitForGate(gate);
    const command = input.node.first ? `kubeadm upgrade apply ${input.node.to}` : 'kubeadm upgrade node';
    // kubeadm ran on while no worker watched it.
    const busySeconds = Math.max(elapsedMs() - busyFrom, kubeadm.busySeconds * 1000 + elapsedMs() - endedMs) / 1000;
    return { ...end({ busySeconds, changed: true, note: command }), backups: state.backups };
  };
}

async function confirmed(run: ControlPlaneRun): Promise<KubeadmState> {
  const { hosts, input, elapsedMs, signal } = run;
  const { name, address, to } = input.node;
  const deadline = elapsedMs() + CONFIRM_MS;
  const pauses = pausesUpTo(LONGEST_PAUSE_MS);
  let problems: readonly string[] = [];
  return whileBeating(() => `${name}: ${problems[0] ?? `confirming ${to}`}`, async () => {
    for (;;) {
      const state = await readKubeadmState(hosts, input, signal);
      problems = controlPlaneProblems(state, to);
      if (problems.length === 0) return state;
      if (elapsedMs() >= deadline) {
        throw stepError('HostStepFailed', `kubeadm ended on ${name} (${address}), and yet its control plane is not at ${to}: ${problems.join('; ')}`, `see \`capstan logs ${name} ${KUBEADM_STEP}\`, then \`capstan retry ${name}\``);
      }
      await sleep(pauses.next().value, undefined, { signal });
    }
  });
}
