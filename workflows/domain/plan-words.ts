import { durationText } from './durations.ts';
import { drainPolicy } from './drain-policy.ts';
import { contentWords } from './planned-file.ts';
import type { PlannedFile } from './planned-file.ts';
import type { UpgradePlan } from './plan.ts';
import type { AddonTime, DrainSpec, FailureStrategy } from './spec.ts';
import { waiverText } from './waiver.ts';

/** What a yes covers beside nodes and order, as `[topic, words]`: what people check before they say it. */
export type PlanWords = readonly (readonly [topic: string, words: string])[];

/** Everything of the spec that changes what is done, in words; empty where the plan changes nothing. The same for one hash. */
export function planWords(plan: UpgradePlan): PlanWords {
  if (!plan.changes) return [];
  const { spec } = plan;
  return [
    ['Packages', spec.packages.repository === null ? 'from the package sources that each host has' : `from ${spec.packages.repository}, which each host is switched to`],
    ['Images', plan.imageRepository === null ? 'from the repository that kubeadm takes by default' : `from ${plan.imageRepository} (imageRepository of kubeadm-config)`],
    ...drains(plan),
    ['A worker that fails', FAILURE_WORDS[spec.strategy.onFailure]],
    ...exceptions(plan),
    ...plan.files.map((file) => [FILE_TOPICS[file.what], fileWords(plan, file)] as const),
    ...ignored(plan),
  ];
}

/** What is ignored, of kubeadm's checks and of ours: told wherever people look, also long after the yes. */
export function ignored({ spec }: Pick<UpgradePlan, 'spec'>): PlanWords {
  const { ignorePreflightErrors } = spec.kubeadm;
  return [
    ...(ignorePreflightErrors.length === 0 ? [] : [['Ignored', `errors of kubeadm's preflight: ${ignorePreflightErrors.join(', ')}`] as const]),
    ...(spec.ignore.length === 0 ? [] : [['Ignored', `checks, by --ignore: ${spec.ignore.map(waiverText).join(', ')}`] as const]),
  ];
}

const FAILURE_WORDS: Readonly<Record<FailureStrategy, string>> = {
  hold: 'is held, and waits for a person',
  'rollback-node': 'goes back to what it was, up to maxUnavailable of its pool; then a person is asked',
  'skip-within-budget': 'is left out where it failed before its first change, up to maxUnavailable of its pool; then a person is asked',
};

const FILE_TOPICS: Readonly<Record<PlannedFile['what'], string>> = { addon: 'Add-on', 'component-configs': 'Component configs', patch: 'Patch of kubeadm' };

const WHEN: Readonly<Record<AddonTime, string>> = {
  'first-control-plane': 'after the first control-plane node', 'control-plane': 'after the control plane', workers: 'after the workers',
};

function drains(plan: UpgradePlan): PlanWords {
  const changing = plan.nodes.filter(({ changes }) => changes);
  const controlPlane = changing.find(({ roles }) => roles.includes('control-plane'));
  const pools = [...new Set(changing.flatMap(({ pool }) => pool ?? []))].toSorted();
  return [
    ...(controlPlane === undefined ? [] : [['Drain of the control plane', drainWords(drainPolicy(plan.spec, controlPlane))] as const]),
    ...pools.map((pool) => [`Drain of pool ${pool}`, drainWords(drainPolicy(plan.spec, { pool }))] as const),
  ];
}

/** What happens to the pods of a node. */
export function drainWords({ enabled, timeoutSeconds, gracePeriodSeconds, deleteEmptyDir, deleteBarePods, podSelector }: DrainSpec): string {
  if (!enabled) return 'none: nodes are only cordoned, and their pods stay while the kubelet is replaced';
  const deleted = [...(deleteEmptyDir ? ['data in emptyDir volumes'] : []), ...(deleteBarePods ? ['pods that no controller brings back'] : [])];
  return [
    podSelector === null ? 'evicts every pod' : `evicts only pods that match ${podSelector}; the others stay`,
    deleted.length === 0 ? 'deletes no data in emptyDir volumes and no pod without a controller' : `DELETES ${deleted.join(' and ')}`,
    ...(gracePeriodSeconds < 0 ? [] : [`gives each pod ${durationText(gracePeriodSeconds)} to end, whatever it asks for`]),
    `takes at most ${durationText(timeoutSeconds)}`,
  ].join(', ');
}

function exceptions({ spec, etcd }: UpgradePlan): PlanWords {
  return [
    ...(spec.etcd.acceptOutage ? [['etcd', etcd.outage ? 'the outage of the API is accepted' : 'an outage of the API would be accepted (acceptOutage)'] as const] : []),
    ...(spec.kubeadm.certificateRenewal ? [] : [['Certificates', 'are not renewed'] as const]),
  ];
}

function fileWords({ spec }: UpgradePlan, file: PlannedFile): string {
  const when = spec.addons.find(({ name }) => file.what === 'addon' && name === file.name)?.when;
  const name = file.what === 'addon' ? `${file.name}: ` : '';
  return `${name}${file.path}, ${contentWords(file)}${when === undefined ? '' : `, applied ${WHEN[when]}`}`;
}
