/** Who makes a check: the preflight before an upgrade, `capstan doctor`, or the upgrade itself as it runs. */
export const CHECKERS = ['preflight', 'doctor', 'upgrade'] as const;

export interface CheckInfo {
  /** What holds where the check passes, or what it looks at; a clause for the table in docs/checks.md. */
  readonly about: string;
  readonly by: (typeof CHECKERS)[number];
  /** True where `--ignore` may take it. Skew, etcd's health, the snapshot, the lock and who a host is are never waived. */
  readonly waivable: boolean;
}

/**
 * Every check by its id: a finding can carry no other. A new check is a row here, in the order of its id, and
 * `node client/generate-reference.ts` writes it into docs/checks.md.
 */
export const CHECKS = {
  'addon-loss': { about: 'kubeadm writes everything that kube-proxy and CoreDNS have', by: 'preflight', waivable: true },
  'api-reachable': { about: 'the API answers with the kubeconfig of the spec', by: 'doctor', waivable: false },
  'api-ready': { about: 'the API says of itself that it is ready', by: 'preflight', waivable: true },
  'budgets-allow': { about: 'every PodDisruptionBudget on the way of a drain allows a disruption now', by: 'preflight', waivable: true },
  client: { about: 'which capstan this is', by: 'doctor', waivable: false },
  'cluster-checks': { about: 'the checks of the cluster can be made at all', by: 'preflight', waivable: false },
  'cluster-readable': { about: 'a worker can look at the cluster', by: 'doctor', waivable: false },
  'container-runtime': { about: 'the container runtime of each node is one that the target supports', by: 'preflight', waivable: true },
  'control-plane-label': { about: 'every control-plane node carries the label of one', by: 'preflight', waivable: true },
  'control-plane-pods': { about: 'the control plane is made of static pods, and all are Ready', by: 'preflight', waivable: true },
  'cordon-leftover': { about: 'no node carries the mark of a former upgrade', by: 'preflight', waivable: true },
  'cordoned-by-person': { about: 'which nodes a person has cordoned', by: 'preflight', waivable: true },
  'drains-end': { about: 'a rehearsal of the upgrade meets no drain that would not end', by: 'preflight', waivable: true },
  'etcd-backup': { about: 'the spec names a backup of an external etcd, and how old it is', by: 'preflight', waivable: false },
  'etcd-members-healthy': { about: 'every member of etcd is healthy', by: 'preflight', waivable: false },
  'etcd-members-match': { about: 'the members of etcd are those of the nodes', by: 'preflight', waivable: false },
  'etcd-no-alarm': { about: 'etcd raises no alarm', by: 'preflight', waivable: false },
  'etcd-no-learner': { about: 'no member of etcd is a learner', by: 'preflight', waivable: false },
  'etcd-quorum': { about: 'etcd keeps its quorum without one member, or spec.etcd.acceptOutage accepts the outage', by: 'preflight', waivable: false },
  'etcd-upgrade-path': { about: 'every member of etcd is new enough for the etcd of the target', by: 'preflight', waivable: false },
  'host-access': { about: 'SSH and root commands work on the host', by: 'preflight', waivable: true },
  'host-cgroups': { about: 'the kubelet of the target starts with the control groups of the host', by: 'preflight', waivable: true },
  'host-checks': { about: 'the checks of the hosts can be made at all', by: 'preflight', waivable: false },
  'host-disk': { about: 'there is room for what the upgrade writes', by: 'preflight', waivable: true },
  'host-identity': { about: 'the host at the address of a node is the machine of that node', by: 'preflight', waivable: false },
  'host-images': { about: 'the images of the target are there, or the runtime is there that will pull them', by: 'preflight', waivable: true },
  'host-kubelet': { about: 'the unit kubelet is active', by: 'preflight', waivable: true },
  'host-packages': { about: 'the package manager works and has the packages of the target', by: 'preflight', waivable: true },
  'host-reachable': { about: 'SSH to the host and root commands on it work', by: 'doctor', waivable: false },
  'host-reboot': { about: 'no reboot is pending', by: 'preflight', waivable: true },
  'host-role': { about: 'the manifests on the host say the same as the plan about control plane and etcd', by: 'preflight', waivable: false },
  'host-sources': { about: 'no source of packages fails beside those that are needed', by: 'preflight', waivable: true },
  'host-static-pods': { about: 'the manifests of the control plane are in /etc/kubernetes/manifests, a file each', by: 'preflight', waivable: true },
  'host-swap': { about: 'the kubelet starts with the swap that the host has', by: 'preflight', waivable: true },
  'kubeadm-patches': { about: 'the patches of spec.kubeadm.patches are such as kubeadm takes, and leave alone what is its own', by: 'preflight', waivable: false },
  'kubeconfig-transport': { about: 'the API server is reached over TLS, and its certificate is verified', by: 'preflight', waivable: true },
  'kubelet-config-loss': { about: 'kubeadm keeps every key of the configuration that a kubelet runs with', by: 'preflight', waivable: true },
  'more-findings': { about: 'findings that did not fit into one answer', by: 'preflight', waivable: false },
  'node-services-ready': { about: 'the pods of DaemonSets without which a node serves nobody are Ready', by: 'preflight', waivable: true },
  'nodes-left-out': { about: 'which nodes are left as they are, and why', by: 'preflight', waivable: true },
  'nodes-ready': { about: 'every node that is planned is Ready, and which workers are left out because they are not', by: 'preflight', waivable: true },
  'pods-evictable': { about: 'a drain may evict every pod that it meets', by: 'preflight', waivable: true },
  'rolled-back': { about: 'what went back to what it was before', by: 'upgrade', waivable: false },
  'search-attributes': { about: 'the search attributes are registered in Temporal', by: 'doctor', waivable: false },
  'soft-taint': { about: 'workers to come carry the soft taint that saves pods a second move', by: 'upgrade', waivable: false },
  'static-pod-loss': { about: 'kubeadm writes every flag, volume, image and setting that the static pods run with', by: 'preflight', waivable: true },
  'static-pod-restarts': { about: 'which static pods restart on each control-plane node', by: 'preflight', waivable: true },
  'taint-leftover': { about: 'no node carries the soft taint of a former upgrade', by: 'preflight', waivable: true },
  'temporal-namespace': { about: 'the namespace exists in Temporal', by: 'doctor', waivable: false },
  'temporal-pauses': { about: 'nobody has paused an upgrade, or a step of one, by Temporal\'s own means', by: 'doctor', waivable: false },
  'temporal-reachable': { about: 'Temporal answers', by: 'doctor', waivable: false },
  'version-skew': { about: 'all versions lie within the version skew policy', by: 'preflight', waivable: false },
  'webhooks-answer': { about: 'no webhook that fails closed on what an upgrade needs is without a backend', by: 'preflight', waivable: true },
  'worker-disk': { about: "there is room on the worker's machine for a snapshot of etcd", by: 'preflight', waivable: true },
  'worker-polling': { about: 'a worker polls the task queue', by: 'doctor', waivable: false },
} as const satisfies Readonly<Record<string, CheckInfo>>;

/** Id of a check, kebab-case, such as `etcd-members-healthy`. */
export type CheckId = keyof typeof CHECKS;

export function isCheckId(text: string): text is CheckId {
  return Object.hasOwn(CHECKS, text);
}
