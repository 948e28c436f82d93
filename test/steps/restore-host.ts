import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createRecordControlPlane } from '../../activities/kubeadm/record-control-plane.ts';
import { createPackageActivities } from '../../activities/packages/package-activities.ts';
import { createRestoreSteps } from '../../activities/restore/restore-steps.ts';
import type { RestorePackagesInput, RestoreStepInput } from '../../workflows/domain/restore.ts';
import { openPlannedKube, UPGRADED } from '../support/planned-kube.ts';
import { runActivity } from '../support/run-activity.ts';
import { diskFiles } from '../../simulator/hosts/files.ts';
import { layProcess } from '../../simulator/hosts/process-files.ts';
import type { ShownProcess } from '../../simulator/hosts/process-files.ts';
import { sumOf } from '../../simulator/hosts/recognised/record.ts';
import { ETCD_FLAGS, withEtcd } from './etcd-double.ts';
import { fakeHost } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';
import { atOldMinor, packageInput, plannedNode, UPGRADE } from './inputs.ts';

/** Text of the snapshot that the tests restore. */
export const SNAPSHOT_TEXT = 'content of etcd';
export const RECORD = '/var/lib/capstan/u1/cp1/record';
export const DATA = '/var/lib/etcd';
export const MANIFESTS = '/etc/kubernetes/manifests';

export interface RestoreHost {
  readonly host: FakeHost;
  readonly steps: ReturnType<typeof createRestoreSteps>;
  /** Input of every step; a later restore has a later `epochMs`. */
  input(epochMs?: number, retry?: number): RestoreStepInput & RestorePackagesInput;
  /** A process of this name and these arguments, ended with the test. */
  process(name: string, ...args: readonly string[]): { readonly pid: number; readonly ended: Promise<void> };
  /** The same with other owners, or in another place. */
  stranger(change: ShownProcess): { readonly pid: number; readonly ended: Promise<void> };
}

export function manifestOf(component: string, version: string): string {
  const flags: Readonly<Record<string, readonly string[]>> = {
    etcd: ETCD_FLAGS,
    'kube-apiserver': ['--advertise-address=10.0.0.1', '--secure-port=6443'],
  };
  return `  - command:\n    - ${component}\n${(flags[component] ?? ['--kubeconfig=/etc/kubernetes/x.conf']).map((flag) => `    - ${flag}\n`).join('')}    image: registry.k8s.io/${component}:${version}\n`;
}

/** A control-plane node that was recorded at v1.33.13 and upgraded to v1.34.4 since; its member has data. */
export async function upgradedHost(context: TestContext): Promise<RestoreHost> {
  const host = withEtcd(atOldMinor(fakeHost('apt')), { leader: 'cp1', versions: { cp1: '3.5.24' } });
  context.after(() => host.remove());
  const openHosts = async () => host.hosts;
  const file = join(host.root, '../snapshot.db');
  writeFileSync(file, SNAPSHOT_TEXT);
  lay(host, 'v1.33.13', '3.5.24-0');
  host.put(`${DATA}/member/snap/db`, 'live\n');
  const node = plannedNode('cp1', 'control-plane');
  const packages = createPackageActivities({ openKube: openPlannedKube(UPGRADED), openHosts, now: Date.now });
  await runActivity(createRecordControlPlane({ openHosts, now: Date.now }), { upgrade: UPGRADE, nodes: [node], epochMs: 1 }).result;
  for (const step of [packages.stageNode, packages.upgradeKubeadm, packages.upgradeKubelet]) await runActivity(step, packageInput(node)).result;
  host.set('starts-etcd', host.get('runs-etcd'));
  lay(host, 'v1.34.4', '3.6.5-0');
  host.put('/var/lib/kubelet/config.yaml', 'kind: KubeletConfiguration\nnew: true\n');
  const back = { ...node, from: node.to, to: node.from };
  return {
    host, steps: createRestoreSteps({ openHosts, now: Date.now }),
    input: (epochMs = 1000, retry = 0) => ({
      ...packageInput(back, { epochMs, retry }), members: [back],
      snapshot: { file, sha256: sumOf(SNAPSHOT_TEXT), bytes: SNAPSHOT_TEXT.length, revision: 7, takenAt: '2026-11-21T12:00:00Z', etcdVersion: '3.5.24' },
    }),
    process: (name, ...args) => startProcess(context, host, { name, args }),
    stranger: (shown) => startProcess(context, host, shown),
  };
}

function lay(host: FakeHost, version: string, etcd: string): void {
  host.put(`${MANIFESTS}/etcd.yaml`, manifestOf('etcd', etcd));
  for (const component of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler']) host.put(`${MANIFESTS}/${component}.yaml`, manifestOf(component, version));
  host.put('/etc/kubernetes/pki/apiserver.crt', `certificate of ${version}\n`);
  if (version === 'v1.33.13') host.put('/var/lib/kubelet/config.yaml', 'kind: KubeletConfiguration\n');
}

function startProcess(context: TestContext, host: FakeHost, shown: ShownProcess): { readonly pid: number; readonly ended: Promise<void> } {
  const child = spawn('/bin/sh', ['-c', 'while :; do sleep 0.1; done'], { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  const ended = new Promise<void>((resolve) => { child.once('exit', () => resolve()); });
  context.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  layProcess(diskFiles(), join(host.root, 'proc'), pid, shown);
  const list = `runs-${shown.name.slice(0, 15)}`;
  host.set(list, `${host.get(list) ?? ''}${pid}\n`);
  return { pid, ended };
}
