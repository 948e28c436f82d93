import type { Finding } from '../../workflows/domain/check.ts';
import type { PlannedNode } from '../../workflows/domain/plan.ts';
import type { HostFacts } from './host-facts.ts';
import { hostFinding } from './host-finding.ts';
import { newerPackageFindings } from './host-version-checks.ts';
import { redactedEnd, redactedStart } from '../redaction/redacted.ts';
import { kubeletFindings } from './host-kubelet-checks.ts';
import type { KubeletConfig } from './kubelet-settings.ts';

const CONTROL_PLANE = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/**
 * What the facts of a host mean for its upgrade. `failure`: what the script said where it did not come to its end. `config`: the
 * configuration that kubeadm will hand its kubelet.
 */
export function factFindings(node: PlannedNode, facts: HostFacts, failure: string | null, config: KubeletConfig | null): readonly Finding[] {
  return [
    ...stopped(node, failure),
    ...kubeletFindings(node, facts, config),
    ...kubelet(node, facts),
    ...role(node, facts),
    ...staticPods(node, facts),
    ...staticCopies(node, facts),
    ...packageManager(node, facts),
    ...newerPackageFindings(node, facts),
    ...(failure === null ? packages(node, facts) : []),
  ];
}

function stopped(node: PlannedNode, failure: string | null): readonly Finding[] {
  if (failure === null) return [];
  const cause = /^error: (.*)$/m.exec(failure)?.[1] ?? redactedEnd(failure, 300);
  const next = /^next: (.*)$/m.exec(failure)?.[1] ?? 'Correct it on the host.';
  return [hostFinding('host-packages', 'block', node.name, `${cause}`, next)];
}

function kubelet(node: PlannedNode, facts: HostFacts): readonly Finding[] {
  const state = facts.one('kubelet');
  if (state === 'active') return [];
  return [hostFinding('host-kubelet', 'block', node.name, `the unit kubelet is ${state ?? 'unknown'}, not active.`, 'See `journalctl -u kubelet` on the host.')];
}

/** The plan takes roles from the API; the manifests on the host have the last word. A script that did not come so far says nothing. */
function role(node: PlannedNode, facts: HostFacts): readonly Finding[] {
  if (facts.one('kubelet') === null) return [];
  const runs = (facts.one('static-pods') ?? '').split(' ').filter((name) => name !== '');
  if (!node.roles.includes('control-plane')) {
    if (runs.length === 0) return [];
    return [hostFinding('host-role', 'block', node.name, `${node.name} runs ${runs.join(' and ')} by its manifests, and is planned as a worker.`, `It is a control-plane node. See why its mirror pods are not in the API: \`kubectl -n kube-system get pods -o wide\`, and \`journalctl -u kubelet\` on it.`)];
  }
  const expected = node.roles.includes('etcd');
  if (expected === runs.includes('etcd')) return [];
  if (expected) return [hostFinding('host-role', 'block', node.name, `${node.name} has no manifest of etcd, and is planned as a node with an etcd member.`, 'Compare /etc/kubernetes/manifests on it with `etcdctl member list`.')];
  return [hostFinding('host-role', 'block', node.name, `${node.name} runs etcd by its manifests, and etcd is external by the plan: its member would be changed without a gate and a snapshot.`, 'Correct etcd in the ConfigMap kubeadm-config in kube-system, or stop that member.')];
}

function staticPods(node: PlannedNode, facts: HostFacts): readonly Finding[] {
  if (!node.roles.includes('control-plane')) return [];
  const missing = CONTROL_PLANE.filter((name) => !facts.all('manifest').includes(name));
  if (missing.length === 0) return [];
  return [hostFinding('host-static-pods', 'block', node.name, `no manifest of ${missing.join(', ')} in /etc/kubernetes/manifests: its control plane is not made of kubeadm's static pods.`, 'The driver kubeadm upgrades static pods only.')];
}

/** The kubelet starts one pod of a name: after kubeadm has written its manifest that may still be the copy's. */
function staticCopies(node: PlannedNode, facts: HostFacts): readonly Finding[] {
  if (!node.roles.includes('control-plane')) return [];
  return facts.all('static-copies').map((line) => {
    const [component = ''] = line.split(' ');
    return hostFinding(
      'host-static-pods', 'block', node.name,
      `the kubelet reads ${component} from more than one file: ${line.slice(component.length + 1)}. It reads every file of the folder that is not hidden: a copy of the old version goes on running, and kubeadm waits five minutes for the new one and takes its change back.`,
      `Leave ${component}.yaml, and move the others out of the folder.`,
    );
  });
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
  const manager = facts.one('manager') ?? 'the package manager';
  const said = redactedStart(facts.all('repository-error').filter((line) => !line.startsWith('next:')).join(' '), 500);
  if (missing.length > 0) {
    return [hostFinding(
      'host-packages', 'block', node.name,
      `${manager} has no ${missing.join(', ')} ${node.to}${said === '' ? '.' : `: ${said}`}`,
      'Correct spec.target.version, spec.packages.repository or the sources of the host.',
    )];
  }
  const held = hostFinding('host-packages', 'info', node.name, `packages of ${node.to} can be installed (${manager}).`);
  if (said === '') return [held];
  // What is needed is there: another source of the host does not stand in the way of an upgrade.
  return [held, hostFinding('host-sources', 'warn', node.name, `packages of ${node.to} are there, and another source of packages fails: ${said}`, 'Correct that source or take it out; the upgrade does not need it.')];
}
