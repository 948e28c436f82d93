import type { Node, NodeInfo } from '../kubernetes/objects.ts';
import { parseVersion } from '../../workflows/domain/version.ts';

/** The taint that a virtual kubelet puts on its node for its provider. */
const VIRTUAL_TAINT = 'virtual-kubelet.io/provider';
/** Its label; anybody may write it, so it counts only where nothing else speaks of a machine. */
const VIRTUAL_LABEL = ['type', 'virtual-kubelet'] as const;

/** Kubelets that say in their version which distribution built them: no package of kubeadm's may replace them. */
const BUILDS = [
  { form: /\+k3s\d/, name: 'K3s' }, { form: /\+rke2r?\d/, name: 'RKE2' }, { form: /\+k0s/, name: 'k0s' },
  { form: /-eks-/, name: 'Amazon EKS' }, { form: /-gke\./, name: 'Google GKE' },
] as const;

/** Systems without a package manager: their nodes are upgraded by a new image of the whole system. */
const IMAGE_SYSTEMS = /^(Talos|Bottlerocket)\b/;

/**
 * Why a node is not one that the driver kubeadm upgrades, in words that follow its name; null where it is. What the kubelet reports of its machine
 * decides, in this order: a virtual kubelet's taint, an operating system other than Linux, no machine at all, a kubelet or a system of
 * another distribution. A name never does, and a label only where the kubelet reports no machine. Fields that are absent, as in a reduced
 * dump, say nothing.
 */
export function foreignReason({ metadata, spec, status: { nodeInfo } }: Node): string | null {
  const { kubeletVersion, operatingSystem = '', osImage = '' } = nodeInfo;
  if (spec.taints?.some(({ key }) => key === VIRTUAL_TAINT) === true) return `virtual kubelet: it has the taint ${VIRTUAL_TAINT}`;
  if (operatingSystem !== '' && operatingSystem !== 'linux') return `its operating system is ${operatingSystem}`;
  if (hasNoMachine(nodeInfo)) return 'no machine: its kubelet reports neither kernel, boot nor container runtime';
  const hasMachine = (nodeInfo.containerRuntimeVersion ?? '') !== '';
  if (!hasMachine && metadata.labels?.[VIRTUAL_LABEL[0]] === VIRTUAL_LABEL[1]) return `virtual kubelet: it has the label ${VIRTUAL_LABEL.join('=')}, and reports no container runtime`;
  if (!hasMachine && parseVersion(kubeletVersion) === null) return kubeletVersion === '' ? 'its kubelet reports no version' : `its kubelet reports ${kubeletVersion}, which is not a version of Kubernetes`;
  const build = BUILDS.find(({ form }) => form.test(kubeletVersion));
  if (build !== undefined) return `its kubelet is of ${build.name}`;
  return IMAGE_SYSTEMS.test(osImage) ? `its system is ${osImage}, which has no packages` : null;
}

/** Every kubelet on a machine reports these; the API shows them also where they are empty. */
function hasNoMachine({ kernelVersion, bootID, containerRuntimeVersion }: NodeInfo): boolean {
  return kernelVersion === '' && bootID === '' && containerRuntimeVersion === '';
}
