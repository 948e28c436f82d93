import { durationText } from './durations.ts';
import { drainPolicy } from './drain-policy.ts';
import type { ExecutedSpec } from './executed-spec.ts';
import { DEFAULT_IMAGE_REPOSITORY } from './image-repository.ts';
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
  return [...Object.values(SAID).flatMap((words) => words(plan)), ...ignored(plan)];
}

/** What each key of the spec has to say, in the order in which people read it: a key that has no line here does not compile. */
const SAID: { readonly [Key in keyof ExecutedSpec]-?: (plan: UpgradePlan) => PlanWords } = {
  packages: ({ spec: { packages }, imageRepository }) => [
    ['Packages', packages.repository === null ? 'from the package sources that each host has' : `from ${packages.repository}, which each host is switched to`],
    ['Images', imageRepository === null ? `from ${DEFAULT_IMAGE_REPOSITORY}, kubeadm's default` : `from ${imageRepository} (imageRepository of kubeadm-config)`],
  ],
  controlPlane: controlPlaneDrain,
  pools: poolDrains,
  strategy: ({ spec: { strategy } }) => [['A worker that fails', FAILURE_WORDS[strategy.onFailure]]],
  etcd: ({ spec, etcd }) => [
    ...(spec.etcd.acceptOutage ? [['etcd', etcd.outage ? 'the outage of the API is accepted' : 'an outage of the API would be accepted (acceptOutage)'] as const] : []),
    ...(etcd.backup === undefined ? [] : [['etcd', `external, no snapshot is taken; its backup by ${etcd.backup.by}, taken ${etcd.backup.takenAt}: ${etcd.backup.where}`] as const]),
  ],
  kubeadm: (plan) => [...(plan.spec.kubeadm.certificateRenewal ? [] : [['Certificates', 'are not renewed'] as const]), ...filesOf(plan, 'component-configs'), ...filesOf(plan, 'patch')],
  addons: (plan) => filesOf(plan, 'addon'),
  // The notes name who is left out, whoever it is that leaves them out.
  exclude: () => [],
  // How many nodes fetch at once changes nothing of what they get; what is ignored comes last.
  staging: () => [],
  ignore: () => [],
};

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

function controlPlaneDrain({ spec, nodes }: UpgradePlan): PlanWords {
  const node = nodes.find(({ changes, roles }) => changes && roles.includes('control-plane'));
  return node === undefined ? [] : [['Drain of the control plane', drainWords(drainPolicy(spec, node))]];
}

function poolDrains({ spec, nodes }: UpgradePlan): PlanWords {
  const pools = [...new Set(nodes.flatMap(({ changes, pool }) => (changes ? pool ?? [] : [])))].toSorted();
  return pools.map((pool) => [`Drain of pool ${pool}`, drainWords(drainPolicy(spec, { pool }))] as const);
}

/** What happens to the pods of a node. */
export function drainWords({ enabled, timeoutSeconds, gracePeriodSeconds, deleteEmptyDir, deleteBarePods, podSelector }: DrainSpec): string {
  if (!enabled) return 'none: nodes are only cordoned, and their pods stay while the kubelet is replaced';
  const deleted = [...(deleteEmptyDir ? ['data in emptyDir volumes'] : []), ...(deleteBarePods ? ['pods that no controller brings back'] : [])];
  return [
    podSelector === null ? 'evicts every pod but those of DaemonSets' : `evicts only pods that match ${podSelector}; the others stay`,
    deleted.length === 0 ? 'deletes no data in emptyDir volumes and no pod without a controller' : `DELETES ${deleted.join(' and ')}`,
    ...(gracePeriodSeconds < 0 ? [] : [`gives each pod ${durationText(gracePeriodSeconds)} to end, whatever it asks for`]),
    `takes at most ${durationText(timeoutSeconds)}`,
  ].join(', ');
}

function filesOf(plan: UpgradePlan, what: PlannedFile['what']): PlanWords {
  return plan.files.filter((file) => file.what === what).map((file) => [FILE_TOPICS[what], fileWords(plan, file)] as const);
}

function fileWords({ spec }: UpgradePlan, file: PlannedFile): string {
  const when = spec.addons.find(({ name }) => file.what === 'addon' && name === file.name)?.when;
  const name = file.what === 'addon' ? `${file.name}: ` : '';
  return `${name}${file.path}, ${contentWords(file)}${when === undefined ? '' : `, applied ${WHEN[when]}`}`;
}
