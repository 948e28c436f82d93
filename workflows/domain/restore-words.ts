import type { RestoreStep } from './state.ts';

const BY_HAND = 'docs/operating.md, "The whole control plane back to the former minor"';

export const CLUSTER_WORDS = {
  external: `etcd is external, so no snapshot of it is kept here: stop the API servers, restore etcd from its own backup, then go on by hand (${BY_HAND}, from step 3)`,
} as const;

/** The command that takes a cluster back while its upgrade runs. */
export function rollbackCommand(cluster: string): string {
  return `capstan rollback --scope cluster --confirm ${cluster}`;
}

/** The command that takes a cluster back by the snapshot of an upgrade that has ended. */
export function restoreCommand(cluster: string, upgrade: string): string {
  return `capstan restore -f FILE --snapshot ${upgrade} --confirm ${cluster}`;
}

/** What a person does where a step of a restore cannot be mended: the same by hand, and then the step again, which finds it done. */
export function byHand(step: RestoreStep, node: string, upgrade: string): string {
  return `By hand on ${node}: ${handWork(step, `/var/lib/capstan/${upgrade}/${node}/record`)} (${BY_HAND}); then \`capstan retry ${node}\`, which finds what is done`;
}

function handWork(step: RestoreStep, record: string): string {
  switch (step) {
    case 'prepareRestore': return 'nothing yet: the control plane still runs';
    case 'stopControlPlane': return 'stop the kubelet, move the four manifests out of /etc/kubernetes/manifests, end etcd and kube-apiserver';
    case 'restoreControlPlane': return `move the restored member into /var/lib/etcd, install the packages of ${record}, put /etc/kubernetes and the kubelet's configuration of ${record} back, leave the kubelet stopped`;
    case 'startControlPlane': return 'start the kubelet, and look at `journalctl -u kubelet` and `crictl ps -a`: etcd needs a majority of its members';
    case 'restoreWorker': return `install the packages of ${record} and restart the kubelet`;
  }
}
