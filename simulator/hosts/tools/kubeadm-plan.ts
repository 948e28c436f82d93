import { companionsOf, imagesOf, tagOf } from '../../components.ts';
import { manifestImage } from '../control-plane.ts';
import { minorOfVersion } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { clusterVersion } from './kubeadm-cluster.ts';

const RULE = '_'.repeat(69);
/** kubeadm's tables: columns of at least this width, and so many blanks between them. */
const LEAST_WIDTH = 10;
const PADDING = 3;

/** What `kubeadm upgrade plan` prints after its versions. */
export function planLines(machine: Machine, kubeadm: string, target: string): readonly string[] {
  const current = clusterVersion(machine);
  // Where nothing is to be upgraded there is nothing to show.
  if (current === target) return [''];
  return [
    ...upgradeLines(machine, kubeadm, current, target),
    RULE, '', '',
    'The table below shows the current state of component configs as understood by this version of kubeadm.',
    'Configs that have a "yes" mark in the "MANUAL UPGRADE REQUIRED" column require manual config upgrade or',
    'resetting to kubeadm defaults before a successful upgrade can be performed. The version to manually',
    'upgrade to is denoted in the "PREFERRED VERSION" column.',
    '',
    ...table([
      ['API GROUP', 'CURRENT VERSION', 'PREFERRED VERSION', 'MANUAL UPGRADE REQUIRED'],
      ['kubeproxy.config.k8s.io', 'v1alpha1', 'v1alpha1', 'no'],
      ['kubelet.config.k8s.io', 'v1beta1', 'v1beta1', 'no'],
    ]),
    RULE, '',
  ];
}

function upgradeLines(machine: Machine, kubeadm: string, current: string, target: string): readonly string[] {
  const all = [...machine.world.machines.values()];
  const planes = all.filter(({ node }) => node.role === 'control-plane');
  const etcd = tagOf(imagesOf(target, kubeadm).find((image) => image.includes('/etcd:')) ?? '');
  const head = ['COMPONENT', 'NODE', 'CURRENT', 'TARGET'];
  return [
    '',
    "Components that must be upgraded manually after you have upgraded the control plane with 'kubeadm upgrade apply':",
    ...table([head, ...all.map(({ node, kubelet }) => ['kubelet', node.name, kubelet.version, target])]),
    '',
    `Upgrade to the latest version in the v${minorOfVersion(current)} series:`,
    '',
    ...table([
      head,
      ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].flatMap((name) => planes.map((plane) => [name, plane.node.name, tagOf(manifestImage(plane, name) ?? ''), target])),
      ['kube-proxy', '', current.slice(1), target],
      ['CoreDNS', '', companionsOf(current).coredns, companionsOf(kubeadm).coredns],
      ...planes.map((plane) => ['etcd', plane.node.name, tagOf(manifestImage(plane, 'etcd') ?? ''), etcd]),
    ]),
    '',
    'You can now apply the upgrade by executing the following command:',
    '',
    `\tkubeadm upgrade apply ${target}`,
    '',
    ...(minorOfVersion(kubeadm) !== minorOfVersion(target) ? [`Note: Before you can perform this upgrade, you have to update kubeadm to ${target}.`, ''] : []),
  ];
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(LEAST_WIDTH, ...rows.map((row) => (row[column] ?? '').length + PADDING)));
  return rows.map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join(''));
}
