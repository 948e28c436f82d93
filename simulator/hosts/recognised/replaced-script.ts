import { randomUUID } from 'node:crypto';
import { MANIFESTS, manifestImage } from '../control-plane.ts';
import { tagOf } from '../../components.ts';
import { DRY_RUN_DIR } from '../tools/kubeadm-init.ts';
import { linesOf } from './script.ts';
import type { Script } from './script.ts';

const COMPONENTS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'];

interface Rendering {
  readonly script: Script;
  readonly scratch: string;
  readonly configuration: string;
  readonly patches: string | null;
}

export async function readReplaced(script: Script): Promise<void> {
  const { machine: { files }, args: [, configuration = '', plain = '', withAddons = '', ...rest], say } = script;
  show(script, 'kubelet', '/var/lib/kubelet/config.yaml');
  if (configuration === '' || !files.isFile(`${MANIFESTS}/kube-apiserver.yaml`)) return;
  for (const component of COMPONENTS) show(script, `running ${component}`, `${MANIFESTS}/${component}.yaml`);
  const scratch = `/var/lib/capstan/scratch/${randomUUID()}`;
  for (let at = 0; at < rest.length; at += 2) files.write(`${scratch}/patches/${rest[at] ?? ''}`, rest[at + 1] ?? '');
  const rendering: Rendering = { script, scratch, configuration, patches: rest.length === 0 ? null : `${scratch}/patches` };
  let version = tagOf(manifestImage(script.machine, 'kube-apiserver') ?? '');
  let failure = version.startsWith('v') ? await render(rendering, version) : '';
  if (failure !== null) {
    version = (await script.capture('kubeadm', ['version', '-o', 'short'])).out;
    failure = await render(rendering, version);
  }
  if (failure === null) {
    for (const component of COMPONENTS) show(script, `wanted ${component}`, `${scratch}/out/${component}.yaml`);
    if (withAddons !== '') await showAddons(rendering, 'addon');
    if (plain !== '' && await render({ ...rendering, configuration: plain, patches: null }, version) === null) {
      for (const component of COMPONENTS) show(script, `plain ${component}`, `${scratch}/out/${component}.yaml`);
      if (withAddons !== '') await showAddons(rendering, 'plain-addon');
    }
  } else {
    say('failed');
    for (const line of linesOf(failure).filter((each) => !each.startsWith('To see the stack trace')).slice(-5)) say(` ${line}`);
  }
  files.remove(scratch);
}

async function showAddons({ script, scratch }: Rendering, name: string): Promise<void> {
  for (const addon of ['kube-proxy', 'coredns']) {
    const { exitCode, out } = await script.capture('kubeadm', ['init', 'phase', 'addon', addon, '--print-manifest', '--config', `${scratch}/config.yaml`]);
    if (exitCode !== 0) continue;
    script.machine.files.write(`${scratch}/addon`, `${out}\n`);
    show(script, `${name} ${addon}`, `${scratch}/addon`);
  }
}

/** What kubeadm says where it fails; null where it makes the manifests. */
async function render({ script, scratch, configuration, patches }: Rendering, version: string): Promise<string | null> {
  const { machine: { files, node, address } } = script;
  files.remove(`${scratch}/out`);
  files.write(`${scratch}/config.yaml`, [
    ...linesOf(configuration).filter((line) => line.startsWith('apiVersion:')), 'kind: InitConfiguration', `localAPIEndpoint: {advertiseAddress: "${address}", bindPort: 6443}`,
    `nodeRegistration: {name: "${node.name}", criSocket: "unix:///run/containerd/containerd.sock"}`, ...(patches === null ? [] : [`patches: {directory: "${patches}"}`]),
    '---', configuration, `kubernetesVersion: "${version}"`, '',
  ].join('\n'));
  const phases = [['control-plane', 'all'], ...(files.isFile(`${MANIFESTS}/etcd.yaml`) ? [['etcd', 'local']] : [])];
  for (const phase of phases) {
    const { exitCode, out, err } = await script.capture('kubeadm', ['init', 'phase', ...phase, '--dry-run', '--config', `${scratch}/config.yaml`, `${DRY_RUN_DIR}=${scratch}/out`]);
    if (exitCode !== 0) return [out, err].filter((text) => text !== '').join('\n');
  }
  return null;
}

function show({ machine: { files }, say }: Script, name: string, path: string): void {
  const text = files.read(path);
  if (text === null) return;
  say(name);
  for (const line of text.replace(/\n$/, '').split('\n')) say(` ${line}`);
  say('');
}
