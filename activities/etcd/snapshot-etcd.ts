import type { PlannedNode } from '../../workflows/domain/plan.ts';
import type { SnapshotInput, SnapshotResult } from '../../workflows/domain/step.ts';
import { currentActivity, startStep, whileBeating } from '../activity-context.ts';
import { hostOf, outputValue, runDurable } from '../durable-step.ts';
import type { Hosts } from '../hosts/port.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { HOST_STATE } from '../packages/package-step.ts';
import type { HostActivityOptions } from '../packages/package-step.ts';
import { stepError } from '../step-error.ts';
import { readEtcd } from './read-etcd.ts';
import { parseTakenSnapshot } from './taken-snapshot.ts';
import type { TakenSnapshot } from './taken-snapshot.ts';
import { openSnapshotFolder, retainSnapshots, snapshotFile, verifiedSnapshot, writeFacts } from './snapshot-store.ts';
import type { SnapshotFacts } from './snapshot-store.ts';

export interface SnapshotOptions extends HostActivityOptions {
  /** Folder of the worker for what it keeps, such as `~/.local/state/capstan`. */
  readonly stateDir: string;
}

const STEP = 'snapshotEtcd';

/**
 * A snapshot of etcd, taken on a healthy member, verified by its status, its hash and a restore for trial in a folder of its
 * own, and copied to the worker's machine.
 * One that this upgrade took already is returned. Failures: SnapshotInvalid, HostStepFailed and those of `Hosts`.
 */
export function createSnapshotEtcd({ openHosts, now, stateDir }: SnapshotOptions) {
  return async function snapshotEtcd(input: SnapshotInput): Promise<SnapshotResult> {
    const end = startStep(now);
    const { upgrade, etcd } = input;
    const file = snapshotFile(stateDir, upgrade.cluster, upgrade.id);
    const present = await whileBeating(() => `comparing the SHA-256 of ${file}`, () => verifiedSnapshot(file, currentActivity().signal));
    if (present !== null) return { ...end({ busySeconds: 0, changed: false, note: noteOf(present) }), ...resultOf(file, present) };
    const hosts = await openHosts(upgrade.access);
    const busyFrom = now();
    const { node, version } = await chooseMember(hosts, input);
    const taken = await takeSnapshot(hosts, input, node);
    const folder = await openSnapshotFolder(stateDir, upgrade.cluster);
    const facts: SnapshotFacts = {
      upgrade: upgrade.id, cluster: upgrade.cluster, clusterUid: upgrade.clusterUid, node: node.name, etcdVersion: version,
      sha256: taken.sha256, bytes: taken.bytes, revision: taken.revision, totalKeys: taken.totalKeys, hash: taken.hash, takenAt: taken.takenAt,
      restoredForTrial: taken.trialRevision !== null, nodes: input.nodes,
    };
    await copyHere(hosts, node, taken, file);
    await writeFacts(file, facts);
    await retainSnapshots(folder, etcd.snapshot.keep, file);
    return { ...end({ busySeconds: (now() - busyFrom) / 1000, changed: true, note: noteOf(facts) }), ...resultOf(file, facts) };
  };
}

/** A healthy follower, so that the leader keeps its time for the cluster; else any healthy member. */
async function chooseMember(hosts: Hosts, { members }: SnapshotInput): Promise<{ readonly node: PlannedNode; readonly version: string }> {
  const etcd = await whileBeating(() => 'asking etcd', () => readEtcd(hosts, members.map(hostOf), currentActivity().signal));
  const healthy = etcd.members.filter((member) => member.healthy && !member.learner).toSorted((left, right) => Number(left.leader) - Number(right.leader));
  for (const member of healthy) {
    const node = members.find((planned) => planned.name === member.node);
    if (node !== undefined) return { node, version: member.version };
  }
  throw stepError('SnapshotInvalid', 'No healthy etcd member can be asked for a snapshot, and without one nothing is upgraded', 'Bring etcd to health, then start again.');
}

async function takeSnapshot(hosts: Hosts, input: SnapshotInput, node: PlannedNode): Promise<TakenSnapshot> {
  const { upgrade, etcd, epochMs } = input;
  // A run of the workflow that begins after a failure may try again: taking a snapshot changes nothing in the cluster.
  const durable = { upgrade, node, retry: epochMs, epochMs };
  const args = [`${HOST_STATE}/snapshots`, upgrade.id, String(etcd.snapshot.keep)];
  const { tail } = await runDurable(hosts, durable, STEP, SCRIPTS.snapshotEtcd, args, async () => 'rerun');
  const taken = parseTakenSnapshot(outputValue(tail, 'result') ?? '');
  if (taken === null) throw stepError('SnapshotInvalid', `The status of the snapshot on ${node.name} cannot be read`, `see \`capstan logs ${node.name} ${STEP}\``);
  if (taken.revision <= 0 || taken.totalKeys <= 0) throw stepError('SnapshotInvalid', `The snapshot on ${node.name} is empty: revision ${taken.revision}, ${taken.totalKeys} keys`, `see \`capstan logs ${node.name} ${STEP}\``);
  if (taken.trialRevision !== null && taken.trialRevision !== taken.revision) {
    throw stepError('SnapshotInvalid', `The snapshot on ${node.name} has the revision ${taken.revision}, and what it is restored to has ${taken.trialRevision}`, `see \`capstan logs ${node.name} ${STEP}\``);
  }
  return taken;
}

async function copyHere(hosts: Hosts, node: PlannedNode, taken: TakenSnapshot, file: string): Promise<void> {
  const { signal } = currentActivity();
  const copy = await whileBeating(() => `copying the snapshot of ${taken.bytes} bytes from ${node.name}`, () => hosts.download(hostOf(node), taken.file, file, { signal }));
  if (copy.sha256 === taken.sha256) return;
  throw stepError('SnapshotInvalid', `The copy of the snapshot of ${node.name} at ${file} has another SHA-256 than on the host (${copy.sha256}, not ${taken.sha256})`, 'Look for what changes data on the way, then start again.');
}

function resultOf(file: string, facts: SnapshotFacts): Pick<SnapshotResult, 'node' | 'file' | 'sha256' | 'bytes' | 'revision' | 'takenAt'> {
  return { node: facts.node, file, sha256: facts.sha256, bytes: facts.bytes, revision: facts.revision, takenAt: facts.takenAt };
}

function noteOf(facts: SnapshotFacts): string {
  return `snapshot of ${facts.node}: revision ${facts.revision}, ${facts.totalKeys} keys, ${facts.bytes} bytes, SHA-256 ${facts.sha256.slice(0, 12)}, ${facts.restoredForTrial ? 'restored for trial' : `not restored for trial: ${facts.node} has no room for it; it ends in the SHA-256 of its data`}`;
}
