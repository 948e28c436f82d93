import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlaneStepInput, StepResult } from '../../workflows/domain/step.ts';
import { currentActivity, startStep, whileBeating } from '../activity-context.ts';
import { gateProblems } from '../etcd/gate.ts';
import { readEtcd } from '../etcd/read-etcd.ts';
import { waitForGate } from '../etcd/wait-gate.ts';
import type { NodeHostOptions } from '../packages/package-step.ts';
import { gateOf, runKubeadm } from './control-plane-run.ts';
import type { ControlPlaneRun } from './control-plane-run.ts';
import { readKubeadmState } from './kubeadm-state.ts';

const ASK_MS = 3_000;

/**
 * A stacked etcd member, changed by kubeadm's own upgrade: from the gate before it until the member runs the etcd that
 * kubeadm brings and the gate is open again. kubeadm goes on; `upgradeControlPlane` waits for its end.
 * Failures: see `runKubeadm`.
 */
export function createUpgradeEtcdMember({ openKube, openHosts, now, elapsedMs = () => performance.now() }: NodeHostOptions) {
  return async function upgradeEtcdMember(input: ControlPlaneStepInput): Promise<StepResult> {
    const end = startStep(now);
    const activity = currentActivity();
    const stop = new AbortController();
    const [kube, hosts] = await Promise.all([openKube(input.upgrade.access), openHosts(input.upgrade.access)]);
    const busyFrom = elapsedMs();
    const run: ControlPlaneRun = { hosts, kube, input, elapsedMs, signal: AbortSignal.any([activity.signal, stop.signal]) };
    const kubeadm = runKubeadm(run).then(() => 'kubeadm has ended');
    const member = whileBeating(() => `${input.node.name}: kubeadm runs, its etcd member is not yet replaced`, () => memberReplaced(run));
    try {
      const ended = await Promise.race([kubeadm, member]);
      const gate = gateOf({ ...run, signal: activity.signal });
      if (gate !== null) await waitForGate(gate);
      return end({ busySeconds: (elapsedMs() - busyFrom) / 1000, changed: true, note: ended });
    } finally {
      stop.abort();
      // Both only watch: the unit on the host goes on.
      await Promise.allSettled([kubeadm, member]);
    }
  };
}

/** Ends when this node's member runs kubeadm's etcd and the gate is open, and never where kubeadm does not say which etcd that is. */
async function memberReplaced(run: ControlPlaneRun): Promise<string> {
  let wanted: string | null = null;
  for (;;) {
    run.signal.throwIfAborted();
    wanted ??= await wantedEtcd(run);
    if (wanted !== null && (await runsEtcd(run, wanted))) return `etcd ${wanted}`;
    await sleep(ASK_MS, undefined, { signal: run.signal });
  }
}

async function runsEtcd(run: ControlPlaneRun, wanted: string): Promise<boolean> {
  const gate = gateOf(run);
  if (gate === null) return false;
  const etcd = await readEtcd(run.hosts, gate.members, run.signal).catch(() => null);
  if (etcd === null) return false;
  const own = etcd.members.find((member) => member.node === run.input.node.name);
  const expected = gate.members.map((member) => member.name);
  return own?.version === wanted && gateProblems(etcd, { expected, acceptOutage: gate.acceptOutage }).length === 0;
}

async function wantedEtcd({ hosts, input, signal }: ControlPlaneRun): Promise<string | null> {
  const state = await readKubeadmState(hosts, input, signal).catch(() => null);
  return state?.etcdTag?.replace(/-\d+$/, '') ?? null;
}
