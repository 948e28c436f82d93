import { z } from 'zod';
import { ADDON_TIMES, FAILURE_STRATEGIES } from '../workflows/domain/spec.ts';
import { fileReference, flag, meta, port, reference, text } from './leaves.ts';
import { ADDRESS, KUBEADM_CHECK, LINE, NAME, NODE_NAME, RELEASE, REPOSITORY, TIME, USER } from './patterns.ts';
import { drainSchema } from './schema-drain.ts';
import { nodeSelector, poolSchema } from './schema-pool.ts';
import { addonRules, exclusionRules, hostRules, pastRules, poolRules } from './rules.ts';

const NAME_FORM = 'lower-case letters, digits and dashes, at most 63, such as prod-eu';
const ADDRESS_FORM = 'a host name or IP address without port';

const bastion = z.strictObject({
  address: text(ADDRESS, { description: 'Host name or IP address of the bastion.', expected: ADDRESS_FORM, example: 'jump.example' }),
  port: port('Port of sshd on the bastion.').default(22),
  user: text(USER, { description: 'Login name on the bastion; its key is the one of `privateKey`.', expected: 'a login name such as ops', example: 'ops' }),
}).meta(meta({ description: 'Host through which every node is reached. Null for none.', expected: '{address: HOST, user: NAME}, or null' }));

const ssh = z.strictObject({
  user: text(USER, { description: 'Login name on the nodes.', expected: 'a login name such as ops', example: 'ops' }),
  port: port('Port of sshd on the nodes.').default(22),
  privateKey: reference('Private key of `user`, opened by the worker.', '~/.ssh/id_ed25519'),
  knownHosts: reference('Host keys of the nodes and the bastion, as OpenSSH writes them. A host that is not in it, or whose key changed, is refused.', '~/.ssh/known_hosts').prefault({ file: '~/.ssh/known_hosts' }),
  bastion: bastion.nullable().default(null),
  become: z.enum(['sudo', 'none']).default('sudo').meta(meta({ description: 'How host commands become root: sudo without a password, or none where `user` is root.', expected: 'sudo or none' })),
}).meta(meta({ description: 'How the nodes are reached.', expected: 'the keys user, privateKey and knownHosts' }));

const access = z.strictObject({
  transport: z.enum(['ssh']).default('ssh').meta(meta({ description: 'How host commands reach the nodes.', expected: 'ssh' })),
  kubeconfig: reference('Kubeconfig of an administrator of the cluster, opened by the worker.', '~/.kube/prod-eu'),
  ssh,
}).meta(meta({ description: 'References to what opens the cluster. Only the worker follows them.', expected: 'the keys kubeconfig and ssh' }));

const node = z.strictObject({
  name: text(NODE_NAME, { description: 'Name as `kubectl get nodes` prints it.', expected: 'the name of a node of the cluster', example: 'worker-1' }),
  address: text(ADDRESS, { description: 'Host name or IP address for SSH. Null takes the node\'s InternalIP.', expected: ADDRESS_FORM, example: '192.0.2.11' }).nullable().default(null),
  port: port('Port of sshd on this node. Null takes `access.ssh.port`.').nullable().default(null),
}).meta(meta({ description: 'A node whose address or port differs from what the API lists.', expected: '{name: NODE, address: HOST}' }));

const EXCLUSION = 'the name of a node, or a selector such as {matchLabels: {KEY: VALUE}}';

const exclusion = z.union([
  text(NODE_NAME, { description: 'Name as `kubectl get nodes` prints it.', expected: EXCLUSION, example: 'worker-1' }),
  nodeSelector.superRefine(exclusionRules).meta(meta({ description: 'Label selector of nodes, as in the Kubernetes API.', expected: EXCLUSION })),
]).meta(meta({ description: 'One node, or those that a selector fits.', expected: EXCLUSION }));

const backup = z.strictObject({
  takenAt: text(TIME, { description: 'When it was taken.', expected: 'a time such as 2026-11-30T22:00:00Z, not in the future', example: '2026-11-30T22:00:00Z' }).superRefine(pastRules),
  where: text(LINE, { description: 'Where it is kept, for people; without a password.', expected: 'a line such as s3://backups/etcd/prod-2026-11-30.db, without user and password', example: 's3://backups/etcd/prod-2026-11-30.db' }),
  by: text(LINE, { description: 'Who took and verified it, or what.', expected: 'a line such as a person\'s name or a job', example: 'etcd-backup (cron of etcd-1)' }),
}).meta(meta({ description: 'Evidence of a backup of an external etcd, whose snapshot Capstan cannot take: repeated in plan and report. An upgrade of a control plane with external etcd is refused without it. Null where etcd runs on the control-plane nodes.', expected: '{takenAt: TIME, where: PLACE, by: WHO}, or null' }));

const etcd = z.strictObject({
  snapshot: z.strictObject({
    keep: z.int().min(1).max(1000).default(5).meta(meta({ description: 'How many snapshots of this cluster stay on the worker\'s machine; older ones are removed.', expected: 'a count from 1 to 1000', example: 5 })),
  }).prefault({}).meta(meta({ description: 'The snapshot taken and verified before the first change.', expected: '{keep: COUNT}' })),
  backup: backup.nullable().default(null),
  acceptOutage: flag(false, 'Upgrade even where etcd has one or two members, which cannot keep quorum while one of them is upgraded: the API is away for that time.'),
}).prefault({}).meta(meta({ description: 'What concerns etcd.', expected: 'the keys snapshot, backup and acceptOutage' }));

const staging = z.strictObject({
  width: z.int().min(1).max(500).default(20).meta(meta({ description: 'Nodes that fetch packages and images of the target at the same time, before the first one is cordoned: wide enough to be quick, narrow enough for the mirror.', expected: 'a count from 1 to 500', example: 20 })),
}).prefault({}).meta(meta({ description: 'How packages and images are brought to the nodes beforehand.', expected: '{width: COUNT}' }));

const packages = z.strictObject({
  repository: text(REPOSITORY, {
    description: 'URL of the package repository of one minor, with `{minor}` (such as 1.34) in its place; hosts are switched to it. Null where one repository has every minor.',
    expected: 'an http, https or file URL with {minor} in it, without user, password or spaces', example: 'https://packages.example/kubernetes/v{minor}/deb/',
  }).nullable().default(null),
}).prefault({}).meta(meta({ description: 'Where hosts get the packages of the target.', expected: '{repository: URL}' }));

const kubeadm = z.strictObject({
  certificateRenewal: flag(true, 'Let kubeadm renew the control plane\'s certificates.'),
  ignorePreflightErrors: z.array(text(KUBEADM_CHECK, { description: 'Name of a check.', expected: 'the name of a check of kubeadm, such as Swap', example: 'Swap' })).default([])
    .meta(meta({ description: 'Checks of kubeadm\'s own preflight that may fail.', expected: 'a list of names such as [Swap]' })),
  componentConfigs: fileReference('Component configs that need a manual upgrade, passed to kubeadm as `--config`. One that holds a ClusterConfiguration is refused.', 'component-configs.yaml').nullable().default(null),
  patches: fileReference('Folder of kubeadm\'s own patch files, `target[suffix][+patchtype].extension`, passed to kubeadm as `--patches` on every node: what the cluster\'s configuration cannot say, such as a flag of one\'s own or the resources of a static pod.', 'patches').nullable().default(null),
}).prefault({}).meta(meta({ description: 'Options of kubeadm.', expected: 'the keys certificateRenewal, ignorePreflightErrors, componentConfigs and patches' }));

const addon = z.strictObject({
  name: text(NAME, { description: 'Name for people.', expected: NAME_FORM, example: 'calico' }),
  when: z.enum(ADDON_TIMES).meta(meta({ description: 'After which part of the cluster it is applied: the first control-plane node (as a CNI should be), all of the control plane, or the workers.', expected: 'first-control-plane, control-plane or workers' })),
  manifest: fileReference('Manifest that is applied, opened by the worker.', 'calico.yaml'),
}).meta(meta({ description: 'An add-on with a manifest of its own for the target version.', expected: 'the keys name, when and manifest' }));

const strategy = z.strictObject({
  onFailure: z.enum(FAILURE_STRATEGIES).default('hold').meta(meta({ description: 'What happens where a worker fails: hold asks a person; rollback-node takes it back to what it was, while fewer of its pool than its maxUnavailable went that way; skip-within-budget gives back one that failed before its first change, while fewer workers of its pool have failed than its maxUnavailable. Both ask for the others, and a control-plane node is always held.', expected: 'hold, rollback-node or skip-within-budget' })),
}).prefault({}).meta(meta({ description: 'How the upgrade goes about failures.', expected: '{onFailure: hold}' }));

const spec = z.strictObject({
  driver: z.enum(['kubeadm']).default('kubeadm').meta(meta({ description: 'How nodes of this distribution are upgraded.', expected: 'kubeadm' })),
  target: z.strictObject({
    version: text(RELEASE, { description: 'Release to upgrade to: a patch of the minor that runs, or of the next one.', expected: 'a release such as v1.34.4, in quotes where YAML would read a number', example: 'v1.34.4' }),
  }).meta(meta({ description: 'Where to.', expected: '{version: v1.34.4}' })),
  access,
  nodes: z.array(node).superRefine(hostRules).default([]).meta(meta({ description: 'Nodes whose address or port differs from what the API lists; the others need no entry.', expected: 'a list of nodes' })),
  exclude: z.array(exclusion).default([]).meta(meta({ description: 'Worker nodes that are left as they are, by name or by label selector (`{matchLabels: …, matchExpressions: …}`): no part of pools, windows, skew and verification, and named in plan and report. A control-plane node cannot be left out.', expected: 'a list of node names and selectors' })),
  etcd,
  staging,
  controlPlane: z.strictObject({ drain: drainSchema }).prefault({}).meta(meta({ description: 'How the control-plane nodes are upgraded: one at a time.', expected: '{drain: {deleteEmptyDir: true}}' })),
  pools: z.array(poolSchema).min(1).superRefine(poolRules).prefault([{ name: 'default' }])
    .meta(meta({ description: 'Worker nodes that share a policy. A worker belongs to exactly one pool; the pool without a selector takes the rest.', expected: 'a list of at least one pool; leave it out for one pool of all workers' })),
  packages,
  kubeadm,
  addons: z.array(addon).superRefine(addonRules).default([]).meta(meta({ description: 'Add-ons upgraded with the cluster, in this order. kube-proxy and CoreDNS need no entry: kubeadm upgrades them.', expected: 'a list of add-ons' })),
  strategy,
}).meta(meta({ description: 'What to upgrade, and how.', expected: 'the keys target and access' }));

/** What people write in `cluster.yaml`: only keys that are served; anything else is an error. */
export const clusterUpgradeSchema = z.strictObject({
  apiVersion: z.literal('capstan.dev/v1').meta(meta({ description: 'Version of this format.', expected: 'capstan.dev/v1' })),
  kind: z.literal('ClusterUpgrade').meta(meta({ description: 'Kind of this document.', expected: 'ClusterUpgrade' })),
  metadata: z.strictObject({
    name: text(NAME, { description: 'Name of the cluster; names its one upgrade, `upgrade/<name>`.', expected: NAME_FORM, example: 'prod-eu' }),
  }).meta(meta({ description: 'Names the cluster.', expected: '{name: CLUSTER}' })),
  spec,
}).meta(meta({ description: 'One upgrade of one cluster.', expected: 'the keys apiVersion, kind, metadata and spec' }));

/** A spec as written, with every default filled in. */
export type WrittenSpec = z.output<typeof clusterUpgradeSchema>;
