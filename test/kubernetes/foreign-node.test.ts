import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, NodeInfo } from '../../activities/kubernetes/objects.ts';
import { foreignReason } from '../../activities/observe/foreign-node.ts';

/** As the API shows a node of kubeadm. */
const MACHINE: NodeInfo = {
  kubeletVersion: 'v1.33.13', operatingSystem: 'linux', osImage: 'Debian GNU/Linux 12 (bookworm)', kernelVersion: '6.1.0', bootID: '2f9a', containerRuntimeVersion: 'containerd://1.7.24',
};
const NO_MACHINE = { kernelVersion: '', bootID: '', containerRuntimeVersion: '', osImage: '' } as const;
const VIRTUAL = { labels: { type: 'virtual-kubelet' } } as const;
const TAINT = { spec: { taints: [{ key: 'virtual-kubelet.io/provider', value: 'x', effect: 'NoSchedule' }] } } as const;

interface Change {
  readonly info?: Partial<NodeInfo>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: Node['spec'];
  /** Only these fields of nodeInfo, as a reduced dump has them. */
  readonly only?: NodeInfo;
}

function node({ info = {}, labels = {}, spec = {}, only }: Change): Node {
  return { metadata: { name: 'n1', uid: 'u', resourceVersion: '1', labels }, spec, status: { nodeInfo: only ?? { ...MACHINE, ...info } } };
}

const foreign: readonly (readonly [string, Change, RegExp])[] = [
  ['a virtual kubelet at an old version', { ...TAINT, ...VIRTUAL, only: { kubeletVersion: 'v1.19.1-vk-aci-v1.6.1', operatingSystem: 'linux' } }, /^virtual kubelet: it has the taint/],
  ['a virtual kubelet at the current version', { ...TAINT, only: { kubeletVersion: 'v1.33.13', operatingSystem: 'linux' } }, /^virtual kubelet/],
  ['a virtual kubelet without a version', { ...TAINT, only: { kubeletVersion: '' } }, /^virtual kubelet/],
  ['a virtual kubelet that tolerates everything: no taint, the label, no runtime', { ...VIRTUAL, only: { kubeletVersion: 'v1.33.13' } }, /it has the label type=virtual-kubelet/],
  ['a node of no provider that is known: no kernel, boot and runtime', { info: { ...NO_MACHINE } }, /^no machine/],
  ['a simulated node', { info: { ...NO_MACHINE, kubeletVersion: 'kwok-v0.6.1' } }, /^no machine/],
  ['a kubelet without a version, in a reduced dump', { only: { kubeletVersion: '' } }, /reports no version/],
  ['a kubelet whose version is none, in a reduced dump', { only: { kubeletVersion: 'fake' } }, /reports fake, which is not a version/],
  ['Windows', { info: { operatingSystem: 'windows', osImage: 'Windows Server 2022 Datacenter' } }, /^its operating system is windows/],
  ['FreeBSD', { info: { operatingSystem: 'freebsd' } }, /^its operating system is freebsd/],
  ['an agent of K3s', { info: { kubeletVersion: 'v1.33.5+k3s1' } }, /of K3s/],
  ['an agent of RKE2', { info: { kubeletVersion: 'v1.33.5+rke2r1' } }, /of RKE2/],
  ['a hybrid node of EKS', { info: { kubeletVersion: 'v1.33.5-eks-113cf36' } }, /of Amazon EKS/],
  ['Talos', { info: { osImage: 'Talos (v1.11.2)' } }, /its system is Talos/],
  ['Bottlerocket', { info: { osImage: 'Bottlerocket OS 1.47.0 (aws-k8s-1.33)' } }, /its system is Bottlerocket/],
];

for (const [what, change, reason] of foreign) {
  test(`not of this driver: ${what}`, () => assert.match(foreignReason(node(change)) ?? 'null', reason));
}

const own: readonly (readonly [string, Change])[] = [
  ['a node of kubeadm', {}],
  ['a machine that somebody labelled as a virtual kubelet', VIRTUAL],
  ['a machine whose name and labels say Windows', { labels: { 'kubernetes.io/os': 'windows', 'node.kubernetes.io/windows-build': '10.0' } }],
  ['a reduced dump that says the version alone', { only: { kubeletVersion: 'v1.33.13' } }],
  ['a vendor\'s build of kubeadm\'s packages', { info: { kubeletVersion: 'v1.33.13+vmware.1' } }],
  ['a machine at a version that cannot be read, which is refused by name', { info: { kubeletVersion: 'broken' } }],
  ['cri-o on Flatcar, with packages or not', { info: { containerRuntimeVersion: 'cri-o://1.33.2', osImage: 'Flatcar Container Linux' } }],
];

for (const [what, change] of own) {
  test(`of this driver: ${what}`, () => assert.equal(foreignReason(node(change)), null));
}
