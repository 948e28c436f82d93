import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createSshHosts } from '../../../activities/hosts/ssh-hosts.ts';
import type { HostAddress, Hosts } from '../../../activities/hosts/port.ts';
import { createScaledClock } from '../../../simulator/clock.ts';
import { CONTROL_PLANE_TAINT } from '../../../simulator/description.ts';
import type { ClusterDescription, NodeDescription } from '../../../simulator/description.ts';
import { startHosts } from '../../../simulator/hosts/start-hosts.ts';
import type { HostsOptions, TwinHosts } from '../../../simulator/hosts/start-hosts.ts';
import { createJournal } from '../../../simulator/journal.ts';
import type { Journal } from '../../../simulator/journal.ts';
import { machineIdsOf } from '../../../simulator/machine-ids.ts';
import { LAB_TIMINGS } from '../../../simulator/timings.ts';
import type { AccessSpec } from '../../../workflows/domain/spec.ts';
import type { PlannedNode } from '../../../workflows/domain/plan.ts';
import { scratchFolder } from '../../support/scratch-folder.ts';
import { fakeModel } from './fake-model.ts';
import type { FakeModel } from './fake-model.ts';

export interface TestTwin {
  readonly hosts: TwinHosts;
  readonly model: FakeModel;
  readonly journal: Journal;
  /** The worker's own way in. */
  readonly worker: Hosts;
  readonly access: AccessSpec;
  open(access: AccessSpec): Promise<Hosts>;
  planned(name: string): PlannedNode;
  address(name: string): HostAddress;
}

export function describe(planes: number, workers: number, change: Partial<ClusterDescription> = {}): ClusterDescription {
  const node = (name: string, role: NodeDescription['role']): NodeDescription => ({ name, role, zone: null, labels: {}, taints: role === 'control-plane' ? [CONTROL_PLANE_TAINT] : [], unschedulable: false, allocatable: { cpuMillis: 4000, memoryMiB: 8192, pods: 110 } });
  return {
    name: 'twin', clusterUid: 'uid', version: 'v1.33.13', target: 'v1.34.4', packageManager: 'apt', objects: [], timings: LAB_TIMINGS, faults: [],
    nodes: [
      ...Array.from({ length: planes }, (_, index) => node(`cp${String(index + 1)}`, 'control-plane')),
      ...Array.from({ length: workers }, (_, index) => node(`w${String(index + 1)}`, 'worker')),
    ],
    ...change,
  };
}

/** A twin's hosts over a fake API, and the worker's real way in to them; everything ends with the test. */
export async function startTestTwin(context: TestContext, description: ClusterDescription, change: Partial<HostsOptions> & { readonly speed?: number } = {}): Promise<TestTwin> {
  const folder = mkdtempSync(join(scratchFolder(), 'capstan-twin-'));
  const clock = createScaledClock(change.speed ?? 1000);
  const model = fakeModel(description.version);
  const journal = createJournal();
  const hosts = await startHosts({ description, model, clock, seed: 7, journal, folder, ...change });
  const ssh = createSshHosts();
  context.after(async () => {
    ssh.close();
    await hosts.stop();
    clock.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  });
  const [privateKey, knownHosts] = [join(folder, 'id'), join(folder, 'known_hosts')];
  writeFileSync(privateKey, hosts.privateKey, { mode: 0o600 });
  writeFileSync(knownHosts, hosts.knownHosts);
  const access: AccessSpec = {
    transport: 'ssh', kubeconfig: { file: 'kubeconfig' },
    ssh: { user: hosts.user, port: hosts.port, privateKey: { file: privateKey }, knownHosts: { file: knownHosts }, bastion: null, become: 'sudo' },
  };
  const address = (name: string): HostAddress => ({ name, address: hosts.host(name).address, port: hosts.port });
  return {
    hosts, model, journal, access, address,
    open: ssh.openHosts,
    worker: await ssh.openHosts(access),
    planned: (name) => ({
      ...address(name), uid: `uid-${name}`, machineId: machineIdsOf(description.name, name).machineId, systemUuid: null, roles: name.startsWith('w') ? ['worker'] : ['etcd', 'control-plane'], pool: null, zone: null,
      from: description.version, to: description.target, first: name === 'cp1', cordoned: false, changes: true,
    }),
  };
}
