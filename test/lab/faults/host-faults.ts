/** What breaks under an upgrade: hosts, networks and components of the lab, each brought back by its own undo. */
import { setTimeout as delay } from 'node:timers/promises';
import { machineNamed, onHost } from '../lab.ts';
import type { LabState } from '../lab.ts';
import { run } from '../process.ts';

/** The host without any warning to what runs on it, as by its power button, and on again. */
export async function resetHost(lab: LabState, node: string): Promise<void> {
  const { container } = machineNamed(lab, node);
  await run('docker', ['kill', '--signal', 'KILL', container]);
  await run('docker', ['start', container]);
}

/** Nothing comes to the host or leaves it for `ms`. The rules are set from inside, without its network. */
export async function cutNetwork(lab: LabState, node: string, ms: number): Promise<void> {
  const rules = ['INPUT -i eth0 -j DROP', 'OUTPUT -o eth0 -j DROP', 'FORWARD -i eth0 -j DROP', 'FORWARD -o eth0 -j DROP'];
  await onHost(lab, node, rules.map((rule) => `iptables -w -I ${rule}`).join(' && '));
  try {
    await delay(ms);
  } finally {
    await onHost(lab, node, rules.map((rule) => `iptables -w -D ${rule}`).join(' ; '));
  }
}

/** Ends a static pod of a control-plane node by taking its manifest away. */
export async function stopStaticPod(lab: LabState, node: string, name: 'etcd' | 'kube-apiserver'): Promise<void> {
  await onHost(lab, node, `mv /etc/kubernetes/manifests/${name}.yaml /root/${name}.yaml && while pgrep -x ${name} > /dev/null; do sleep 0.2; done`);
}

/** Brings it back. */
export async function startStaticPod(lab: LabState, node: string, name: 'etcd' | 'kube-apiserver'): Promise<void> {
  await onHost(lab, node, `mv /root/${name}.yaml /etc/kubernetes/manifests/${name}.yaml`);
}
