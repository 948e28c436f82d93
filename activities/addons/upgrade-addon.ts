import { currentActivity } from '../activity-context.ts';
import { redactedStart } from '../redaction/redacted.ts';
import { stepError } from '../step-error.ts';
import type { PlannedFile } from '../../workflows/domain/planned-file.ts';
import { readPlanned } from '../plan/planned-files.ts';
import type { AddonInput, StepResult } from '../../workflows/domain/step.ts';
import type { Manifest, Workload } from '../kubernetes/objects.ts';
import type { Kube, OpenKube, Rollout } from '../kubernetes/port.ts';
import { timedStep } from '../kubernetes/timed-step.ts';
import type { Clock } from '../kubernetes/timed-step.ts';
import { rideOver } from '../kubernetes/wait.ts';
import type { Activity } from '../kubernetes/wait.ts';
import { parseManifest } from './manifest.ts';
import { waitForRollouts } from './rollout.ts';
import type { RolloutTarget } from './rollout.ts';

/** A DaemonSet goes over all nodes one by one, with an image pull on each. */
const ROLLOUT_TIMEOUT_MS = 10 * 60_000;

export interface AddonActivityOptions {
  readonly openKube: OpenKube;
  readonly now: Clock;
  /** Default 10 minutes. */
  readonly rolloutTimeoutMs?: number;
}

/**
 * kube-proxy and CoreDNS are changed by kubeadm: here it is only confirmed that they are rolled out. An add-on of the spec is
 * applied (server-side, without force) and waited for. Failures: AddonFailed, FileMissing, FileMoved, SpecInvalid.
 */
export function createUpgradeAddon(options: AddonActivityOptions): (input: AddonInput) => Promise<StepResult> {
  const timeoutMs = options.rolloutTimeoutMs ?? ROLLOUT_TIMEOUT_MS;
  return async function upgradeAddon(input) {
    const activity = currentActivity();
    const finish = timedStep(activity, options.now);
    const kube = await options.openKube(input.upgrade.access);
    const { addon } = input;
    if ('path' in addon) return finish({ changed: true, note: await applyAddon(activity, kube, addon, timeoutMs) });
    return finish({ changed: false, note: await confirmAddon(activity, kube, addon, timeoutMs) });
  };
}

async function confirmAddon(activity: Activity, kube: Kube, addon: { readonly name: 'kube-proxy' | 'coredns'; readonly version: string }, timeoutMs: number): Promise<string> {
  const target: RolloutTarget = { kind: addon.name === 'kube-proxy' ? 'DaemonSet' : 'Deployment', namespace: 'kube-system', name: addon.name };
  if ((await rideOver(activity, () => kube.getWorkload(target.kind, target.namespace, target.name))) === null) {
    return `${addon.name} is not installed here: its kubeadm phase was skipped, or another program does its work`;
  }
  const missing = await waitForRollouts(activity, kube, [target], timeoutMs, (_, workload) => (addon.name === 'kube-proxy' ? tagProblem(workload, addon.version) : null));
  if (missing !== null) {
    throw stepError('AddonFailed', `${addon.name} is not rolled out after ${Math.round(timeoutMs / 1000)} s: ${missing}.`, `Look at \`kubectl -n kube-system rollout status ${target.kind.toLowerCase()}/${addon.name}\`.`);
  }
  return `${addon.name} rolled out`;
}

function tagProblem(workload: Workload, version: string): string | null {
  const image = workload.spec.template.spec.containers[0]?.image ?? '';
  return image.split('@')[0]?.endsWith(`:${version}`) === true ? null : `its image is ${image}, not ${version}`;
}

async function applyAddon(activity: Activity, kube: Kube, addon: PlannedFile, timeoutMs: number): Promise<string> {
  const objects = inOrder(parseManifest(await readPlanned(addon), addon.path));
  for (const object of objects) {
    activity.heartbeat({ message: `applying ${object.kind} ${object.metadata.name}` });
    await applyObject(activity, kube, addon, object);
  }
  const missing = await waitForRollouts(activity, kube, objects.flatMap(rolloutTarget), timeoutMs);
  if (missing !== null) {
    throw stepError('AddonFailed', `The add-on ${addon.name} is applied but not rolled out after ${Math.round(timeoutMs / 1000)} s: ${missing}.`, 'Look at its pods with `kubectl describe`; correct the manifest, then `capstan start` again: what is done stays done.');
  }
  return `${objects.length} objects applied and rolled out`;
}

async function applyObject(activity: Activity, kube: Kube, addon: PlannedFile, object: Manifest): Promise<void> {
  const answer = await rideOver(activity, () => kube.apply(object, 'capstan'));
  if (answer.kind === 'applied') return;
  throw stepError(
    'AddonFailed',
    `The API does not take ${object.kind} ${object.metadata.name} of the add-on ${addon.name} (${addon.path}): ${saidOf(object, answer.message)}.`,
    'Where another manager owns these fields, give them up there or leave them out of the manifest; capstan never takes them by force.',
  );
}

/** Of a Secret only what stands before its first value: the API repeats what it does not take. */
function saidOf(object: Manifest, message: string): string {
  if (object.kind !== 'Secret') return message;
  const [begin = ''] = message.split(/: Invalid value|"|illegal base64/);
  return `${redactedStart(begin, 200).trimEnd()} (the rest may quote the Secret; \`kubectl apply --dry-run=server -f FILE\` shows it)`;
}

/** What others need comes first, as a single file may be in any order. */
const FIRST_KINDS = ['Namespace', 'CustomResourceDefinition', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'ConfigMap', 'Secret'];

function inOrder(objects: readonly Manifest[]): readonly Manifest[] {
  function rank(object: Manifest): number {
    const place = FIRST_KINDS.indexOf(object.kind);
    return place === -1 ? FIRST_KINDS.length : place;
  }
  return objects.toSorted((one, other) => rank(one) - rank(other));
}

const ROLLOUT_KINDS: readonly Rollout[] = ['DaemonSet', 'Deployment', 'StatefulSet'];

function rolloutTarget(object: Manifest): readonly RolloutTarget[] {
  const kind = ROLLOUT_KINDS.find((candidate) => candidate === object.kind);
  if (kind === undefined || !object.apiVersion.startsWith('apps/')) return [];
  return [{ kind, namespace: object.metadata.namespace ?? 'default', name: object.metadata.name }];
}
