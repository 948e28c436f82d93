import type { Finding } from '../../workflows/domain/check.ts';
import type { PlannedNode } from '../../workflows/domain/plan.ts';
import type { HostFacts } from './host-facts.ts';
import { hostFinding } from './host-finding.ts';
import { redactedEnd, redactedStart } from '../redaction/redacted.ts';

/** Free space that packages, images and the snapshot of one upgrade need, in KiB: 2 GiB. */
const NEEDED_KIB = 2 * 1024 * 1024;
/** A value that the kubelet, which reads YAML 1.1, takes for false; a comment may follow. */
const YAML_FALSE = /^(false|no|off|n)\s*( #.*)?$/i;
const CONTROL_PLANE = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/** What the facts of a host mean for its upgrade. `failure`: what the script said where it did not come to its end. */
export function factFindings(node: PlannedNode, facts: HostFacts, failure: string | null): readonly Finding[] {
  return [
    ...stopped(node, failure),
    ...disk(node, facts),
    ...swap(node, facts),
    ...kubelet(node, facts),
    ...staticPods(node, facts),
    ...packageManager(node, facts),
    ...(failure === null ? packages(node, facts) : []),
  ];
}

function stopped(node: PlannedNode, failure: string | null): readonly Finding[] {
  if (failure === null) return [];
  const cause = /^error: (.*)$/m.exec(failure)?.[1] ?? redactedEnd(failure, 300);
  const next = /^next: (.*)$/m.exec(failure)?.[1] ?? 'Correct it on the host.';
  return [hostFinding('host-packages', 'block', node.name, `${cause}`, next)];
}

function disk(node: PlannedNode, facts: HostFacts): readonly Finding[] {
  return facts.all('free').flatMap((value) => {
    const [folder = '', free = '0'] = value.split(' ');
    if (Number(free) >= NEEDED_KIB) return [];
    return [hostFinding('host-disk', 'block', node.name, `${folder} has ${Math.floor(Number(free) / 1024)} MiB free, and 2048 MiB are needed for packages, images and backups.`, `Free space under ${folder}.`)];
  });
}

function swap(node: PlannedNode, facts: HostFacts): readonly Finding[] {
  if (Number(facts.one('swap') ?? 0) === 0 || YAML_FALSE.test(facts.one('fail-swap-on') ?? '')) return [];
  return [hostFinding('host-swap', 'block', node.name, `swap is on, and its kubelet does not start with swap (failSwapOn).`, 'Turn it off with `swapoff -a` and in /etc/fstab, or set failSwapOn: false in the kubelet configuration.')];
}

function kubelet(node: PlannedNode, facts: HostFacts): readonly Finding[] {
  const state = facts.one('kubelet');
  if (state === 'active') return [];
  return [hostFinding('host-kubelet', 'block', node.name, `the unit kubelet is ${state ?? 'unknown'}, not active.`, 'See `journalctl -u kubelet` on the host.')];
}

function staticPods(node: PlannedNode, facts: HostFacts): readonly Finding[] {
  if (!node.roles.includes('control-plane')) return [];
  const missing = CONTROL_PLANE.filter((name) => !facts.all('manifest').includes(name));
  if (missing.length === 0) return [];
  return [hostFinding('host-static-pods', 'block', node.name, `no manifest of ${missing.join(', ')} in /etc/kubernetes/manifests: its control plane is not made of kubeadm's static pods.`, 'The driver kubeadm upgrades static pods only.')];
}

function packageManager(node: PlannedNode, facts: HostFacts): readonly Finding[] {
  const findings: Finding[] = [];
  const broken = facts.all('broken');
  if (broken.length > 0) findings.push(hostFinding('host-packages', 'block', node.name, `dpkg has packages that are not fully installed: ${broken.slice(0, 5).join('; ')}`, 'Finish them with `dpkg --configure -a`.'));
  const locks = facts.all('locked');
  if (locks.length > 0) findings.push(hostFinding('host-packages', 'warn', node.name, `process ${locks[0] ?? '?'} holds dpkg's lock: another installation runs.`, 'Steps wait up to ten minutes for it; keep unattended upgrades out of the window.'));
  if (facts.all('reboot-required').length > 0) findings.push(hostFinding('host-reboot', 'warn', node.name, `a reboot is pending for packages installed before.`, 'Reboot it before or after the upgrade, not in it.'));
  return findings;
}

function packages(node: PlannedNode, facts: HostFacts): readonly Finding[] {
  const missing = facts.all('available').filter((value) => !value.includes(' '));
  if (missing.length === 0) return [hostFinding('host-packages', 'info', node.name, `packages of ${node.to} can be installed (${facts.one('manager') ?? '?'}).`)];
  const cause = redactedStart(facts.all('repository-error').join(' '), 500);
  return [hostFinding(
    'host-packages', 'block', node.name,
    `${facts.one('manager') ?? 'the package manager'} has no ${missing.join(', ')} ${node.to}${cause === '' ? '.' : `: ${cause}`}`,
    'Correct spec.target.version, spec.packages.repository or the sources of the host.',
  )];
}
