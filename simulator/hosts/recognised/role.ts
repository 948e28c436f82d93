import { MANIFESTS } from '../control-plane.ts';
import type { Machine } from '../machine.ts';
import type { Script } from './script.ts';

const COMPONENTS = ['kube-apiserver', 'etcd'] as const;

/** `set_static_pods` of lib-role: components that the kubelet's manifests start, and the files that do. */
export function staticPodsOf({ files }: Machine): { readonly components: readonly string[]; readonly found: readonly string[]; readonly folder: string } {
  const written = (/^staticPodPath: *["']?([^"' \n]*)/m.exec(files.read('/var/lib/kubelet/config.yaml') ?? '')?.[1] ?? '').replace(/\/+$/, '');
  const folder = /^\/./.test(written) ? written : MANIFESTS;
  const folders = [...new Set([MANIFESTS, folder])];
  const components: string[] = [];
  const found: string[] = [];
  for (const each of folders) {
    for (const name of files.list(each)) {
      const file = `${each}/${name}`;
      if (name.startsWith('.') || !files.isFile(file)) continue;
      for (const component of COMPONENTS) {
        if (file !== `${MANIFESTS}/${component}.yaml` && !starts(component, files.read(file) ?? '')) continue;
        if (!components.includes(component)) components.push(component);
        if (!found.includes(file)) found.push(file);
      }
    }
  }
  return { components, found, folder };
}

function starts(component: string, text: string): boolean {
  const item = new RegExp(String.raw`^ *- +["']?([^ "']*/)?${component}["']? *$|\[ *["']?([^ "',]*/)?${component}["']? *[\],]`, 'm');
  return item.test(text);
}

/** `require_role` of lib-role. */
export function requireRole({ machine, fail }: Script, role: string): void {
  const { components, found } = staticPodsOf(machine);
  const has = (component: string): boolean => machine.files.isFile(`${MANIFESTS}/${component}.yaml`);
  switch (role) {
    case 'worker':
      if (components.length === 0) return;
      fail(`this host runs ${components.join(' ')} (${found.join(' ')}), and its step is that of a worker: nothing was changed`, 'It is a control-plane node. Make a new plan with capstan plan; where the plan has it as a worker, see why its mirror pods are not in the API (kubectl -n kube-system get pods -o wide).');
      break;
    case 'control-plane':
    case 'control-plane,etcd':
      if (!has('kube-apiserver')) fail(`this host has no ${MANIFESTS}/kube-apiserver.yaml, and its step is that of a control-plane node: nothing was changed`, 'Where kubeadm was cut off, its backup is in /etc/kubernetes/tmp; where this host is a worker, take the label of a control plane from its node and make a new plan.');
      if (role === 'control-plane,etcd' && !has('etcd')) fail(`this host has no ${MANIFESTS}/etcd.yaml, and its step is that of a node with an etcd member: nothing was changed`, 'Where kubeadm was cut off, its backup is in /etc/kubernetes/tmp; else make a new plan with capstan plan.');
      if (role === 'control-plane' && components.includes('etcd')) fail(`this host runs etcd (${found.join(' ')}), and etcd is external by the plan: nothing was changed`, 'Correct etcd in the ConfigMap kubeadm-config in kube-system, or stop that member; then make a new plan with capstan plan.');
      break;
    default:
      fail(`unknown role ${role}`);
  }
}
