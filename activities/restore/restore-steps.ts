import type { HostStep } from '../../workflows/domain/host-steps.ts';
import type { PlannedNode } from '../../workflows/domain/plan.ts';
import type { RestorePackagesInput, RestoreStepInput } from '../../workflows/domain/restore.ts';
import type { KubeletResult, NodeStepInput, StepResult } from '../../workflows/domain/step.ts';
import { startStep, whileBeating } from '../activity-context.ts';
import { hostOf, outputValue, runDurable } from '../durable-step.ts';
import type { DurableResult } from '../durable-step.ts';
import type { Hosts, HostScript } from '../hosts/port.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { HOST_STATE, packageArguments, recordFolder } from '../packages/package-step.ts';
import type { HostActivityOptions } from '../packages/package-step.ts';
import { requireRest } from '../packages/rollback-node.ts';
import { stepError } from '../step-error.ts';
import { checkHostRestore } from './host-restore.ts';

/** A restore needs as much beside the live data, and etcd some to run with. */
const SPARE_KIB = 1024 * 1024;

/**
 * Steps on one host each. Failures of all: HostStepFailed and those of `Hosts`. A script looks at what is there and does the rest:
 * it may always run again, and a run that was cut off is run again.
 */
export function createRestoreSteps({ openHosts, now }: HostActivityOptions) {
  async function prepareRestore(input: RestoreStepInput): Promise<StepResult> {
    const end = startStep(now);
    const { upgrade, node, snapshot } = input;
    const hosts = await openHosts(upgrade.access);
    await requireRest(hosts, { ...input, turn: turnOf(input) }, 'nothing was changed');
    await putSnapshot(hosts, input);
    const args = [recordFolder(input), restoreId(input), snapshot.sha256, await initialCluster(hosts, input), String(revisionBump(input))];
    const { busySeconds, tail } = await runStep(hosts, input, 'prepareRestore', SCRIPTS.prepareRestore, args);
    return end({ busySeconds, changed: isChanged(tail), note: `revision ${snapshot.revision} restored beside the live data of ${node.name}` });
  }

  async function stopControlPlane(input: RestoreStepInput): Promise<StepResult> {
    const end = startStep(now);
    const hosts = await openHosts(input.upgrade.access);
    await requireRest(hosts, { ...input, turn: turnOf(input) }, 'nothing was stopped');
    const { busySeconds, tail } = await runStep(hosts, input, 'stopControlPlane', SCRIPTS.stopControlPlane, [recordFolder(input), restoreId(input)]);
    return end({ busySeconds, changed: isChanged(tail), note: 'kubelet, etcd and control plane ended' });
  }

  async function restoreControlPlane(input: RestorePackagesInput): Promise<StepResult> {
    const end = startStep(now);
    const hosts = await openHosts(input.upgrade.access);
    const { busySeconds, tail } = await runStep(hosts, input, 'restoreControlPlane', SCRIPTS.restoreControlPlane, [...packageArguments(input), '--restore', restoreId(input)]);
    return end({ busySeconds, changed: isChanged(tail), note: `etcd, packages and configuration of ${input.node.to} in their places` });
  }

  async function startControlPlane(input: RestorePackagesInput): Promise<KubeletResult> {
    const end = startStep(now);
    const hosts = await openHosts(input.upgrade.access);
    const { busySeconds, tail } = await runStep(hosts, input, 'startControlPlane', SCRIPTS.startControlPlane, [...packageArguments(input), '--restore', restoreId(input)]);
    return { ...end({ busySeconds, changed: true, note: 'kubelet started, etcd member and API server answer' }), restartedAt: outputValue(tail, 'restarted-at') };
  }

  async function restoreWorker(input: RestorePackagesInput): Promise<KubeletResult> {
    const end = startStep(now);
    const hosts = await openHosts(input.upgrade.access);
    await requireRest(hosts, { ...input, turn: turnOf(input) }, 'nothing was put back');
    const { busySeconds, tail } = await runStep(hosts, input, 'restoreWorker', SCRIPTS.restoreWorker, packageArguments(input));
    return { ...end({ busySeconds, changed: isChanged(tail), note: `back at ${input.node.to}, kubelet restarted` }), restartedAt: outputValue(tail, 'restarted-at') };
  }

  return { prepareRestore, stopControlPlane, restoreControlPlane, startControlPlane, restoreWorker };
}

/** One for each restore, the same on all nodes: the same snapshot may be restored again. */
function restoreId({ epochMs }: NodeStepInput): string {
  return String(epochMs);
}

/** What etcd's documentation raises a revision by: a week of 1,500 writes a second. */
const USUAL_BUMP = 1_000_000_000;
/** More than any etcd sustains. */
const WRITES_PER_MS = 10;

/**
 * How far `etcdutl` raises the revision of the snapshot, so that it is beyond every one that clients have seen: a kubelet that watches
 * from a later one would miss all that comes below it. A fixed number is beyond the live store only once, and not where the same
 * snapshot is restored again. So what comes back begins at a revision made from the time of the restore, the same on all nodes.
 */
export function revisionBump({ epochMs, snapshot }: Pick<RestoreStepInput, 'epochMs' | 'snapshot'>): number {
  const bump = epochMs * WRITES_PER_MS - snapshot.revision;
  // One that somebody has raised further by hand.
  return bump > 0 ? bump : USUAL_BUMP;
}

/** A restore comes after every try of the upgrade that it takes back, whose turns are small counts. */
function turnOf({ epochMs, retry }: NodeStepInput): number {
  return epochMs + retry;
}

/** An intent of an earlier restore from the same snapshot is none of this one's. */
function runStep(hosts: Hosts, input: NodeStepInput, step: HostStep, script: HostScript, args: readonly string[]): Promise<DurableResult> {
  return runDurable(hosts, { ...input, retry: turnOf(input) }, step, script, args, async () => 'rerun');
}

function isChanged(tail: string): boolean {
  return outputValue(tail, 'changed') !== 'no';
}

/** Nothing is sent to a host that has it, or that has no room for it. */
async function putSnapshot(hosts: Hosts, { upgrade, node, snapshot }: RestoreStepInput): Promise<void> {
  const host = await whileBeating(() => `looking for the snapshot on ${node.name}`, () => checkHostRestore(hosts, node, upgrade.id, snapshot.sha256));
  if (host.hasSnapshot) return;
  const needKib = Math.ceil(snapshot.bytes / 1024) + SPARE_KIB;
  if (host.stateFreeKib < needKib) {
    throw stepError('HostStepFailed', `${node.name} (${node.address}) has ${host.stateFreeKib} KiB free in /var/lib, and the snapshot needs ${needKib} KiB with 1 GiB to spare. Nothing was changed.`, `Free space there, then \`capstan retry ${node.name}\`.`);
  }
  const remote = `${HOST_STATE}/${upgrade.id}/${node.name}/restore/snapshot.db`;
  await whileBeating(() => `copying the snapshot of ${snapshot.bytes} bytes to ${node.name}`, () => hosts.upload(hostOf(node), remote, { file: snapshot.file, sha256: snapshot.sha256 }));
}

/** etcd's `--initial-cluster`, from each node's own record: every node restores the same cluster. */
async function initialCluster(hosts: Hosts, { upgrade, members, snapshot }: RestoreStepInput): Promise<string> {
  const found = await whileBeating(() => 'reading the members of etcd', () => Promise.all(members.map(async (member) => memberOf(hosts, member, upgrade.id, snapshot.sha256))));
  return found.toSorted().join(',');
}

async function memberOf(hosts: Hosts, member: PlannedNode, upgrade: string, sha256: string): Promise<string> {
  const host = await checkHostRestore(hosts, member, upgrade, sha256);
  if (host.member !== null) return host.member;
  throw stepError('HostStepFailed', `No etcd member is recorded on ${member.name} (${member.address}): ${host.problem ?? 'its manifest names none'}. Nothing was changed.`, 'Bring its record back, then start the restore again.');
}
