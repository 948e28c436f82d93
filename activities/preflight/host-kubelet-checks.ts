import type { Finding } from '../../workflows/domain/check.ts';
import type { PlannedNode } from '../../workflows/domain/plan.ts';
import { isAtLeastMinor } from './minor.ts';
import type { HostFacts } from './host-facts.ts';
import { hostFinding } from './host-finding.ts';
import { settingOf } from './kubelet-settings.ts';
import type { KubeletConfig } from './kubelet-settings.ts';

/** What would keep the kubelet from starting at the target: swap, and control groups of version 1. */
export function kubeletFindings(node: PlannedNode, facts: HostFacts, config: KubeletConfig | null): readonly Finding[] {
  return [...swap(node, facts, config), ...cgroups(node, facts, config)];
}

function swap(node: PlannedNode, facts: HostFacts, config: KubeletConfig | null): readonly Finding[] {
  if (Number(facts.one('swap') ?? 0) === 0) return [];
  const { now, later } = settingOf(facts, 'failSwapOn', config);
  if (later.isFalse) return [];
  if (now.isFalse) {
    return [hostFinding(
      'host-swap', 'block', node.name,
      `swap is on, which its kubelet bears now by ${now.by ?? 'its configuration'}; kubeadm will write that file from the ConfigMap kubelet-config, which does not say failSwapOn: false, and the kubelet would not start.`,
      'Set failSwapOn: false in the ConfigMap kubelet-config of kube-system (`kubectl -n kube-system edit configmap kubelet-config`), or turn swap off with `swapoff -a` and in /etc/fstab.',
    )];
  }
  return [hostFinding('host-swap', 'block', node.name, `swap is on, and its kubelet does not start with swap (failSwapOn).`, 'Turn it off with `swapoff -a` and in /etc/fstab, or set failSwapOn: false in the ConfigMap kubelet-config and in the kubelet configuration of this host.')];
}

/** From 1.35 on a kubelet does not start on control groups of version 1, unless failCgroupV1 is false. */
function cgroups(node: PlannedNode, facts: HostFacts, config: KubeletConfig | null): readonly Finding[] {
  if (facts.one('cgroup') !== '1' || !isAtLeastMinor(node.to, 1, 35)) return [];
  const { later } = settingOf(facts, 'failCgroupV1', config);
  const boot = 'Boot the host with control groups of version 2 (systemd.unified_cgroup_hierarchy=1)';
  if (later.isFalse) {
    return [hostFinding('host-cgroups', 'warn', node.name, `it runs control groups of version 1, which the kubelet ${node.to} only bears by failCgroupV1: false (${later.by ?? ''}), and which a later one will not.`, `${boot}.`)];
  }
  return [hostFinding('host-cgroups', 'block', node.name, `it runs control groups of version 1, with which the kubelet ${node.to} does not start.`, `${boot}, or set failCgroupV1: false in the ConfigMap kubelet-config of kube-system.`)];
}
