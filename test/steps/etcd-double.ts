import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ShownProcess } from '../../simulator/hosts/process-files.ts';
import type { FakeHost } from './fake-host.ts';

const IDS: Readonly<Record<string, string>> = { cp1: '2001836492087265904', cp2: '4653206134982340518', cp3: '12230542343232343554' };

export interface EtcdState {
  readonly leader: string;
  /** Version of each member. */
  readonly versions: Readonly<Record<string, string>>;
  readonly unhealthy?: readonly string[];
  readonly learners?: readonly string[];
  readonly alarm?: 'NOSPACE' | 'CORRUPT';
}

/** Flags of a member, as far as anything reads them. */
export const ETCD_FLAGS = [
  '--name=cp1', '--data-dir=/var/lib/etcd', '--initial-advertise-peer-urls=https://10.0.0.1:2380', '--listen-client-urls=https://127.0.0.1:2379,https://10.0.0.1:2379',
  '--cert-file=/etc/kubernetes/pki/etcd/server.crt', '--key-file=/etc/kubernetes/pki/etcd/server.key', '--trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt',
] as const;

export function etcdManifest(flags: readonly string[] = ETCD_FLAGS, tag = '3.5.24-0'): string {
  return `spec:\n  containers:\n  - command:\n    - etcd\n${flags.map((flag) => `    - ${flag}\n`).join('')}    image: registry.k8s.io/etcd:${tag}\n    name: etcd\n`;
}

/** Puts an etcd member on the host, whose tools answer as etcd 3.5 or 3.6 does. */
export function withEtcd(host: FakeHost, state: EtcdState): FakeHost {
  for (const name of ['ca.crt', 'healthcheck-client.crt', 'healthcheck-client.key', 'server.crt', 'server.key']) host.put(`/etc/kubernetes/pki/etcd/${name}`, `${name}\n`);
  host.put('/etc/kubernetes/manifests/etcd.yaml', etcdManifest());
  showEtcd(host);
  setEtcd(host, state);
  host.set('etcd/snapshot', '{"hash":2774127405,"revision":3742,"totalKey":1334,"totalSize":4206592,"version":"3.5.0"}\n');
  return host;
}

/** Shows a process called etcd, with tools in its root folder: the member, where nothing is changed. Its number. */
export function showEtcd(host: FakeHost, change: Partial<ShownProcess> = {}, tools: readonly string[] = ['etcdctl', 'etcdutl']): number {
  const pid = host.show('etcd', { args: ETCD_FLAGS, ...change });
  const folder = join(host.root, 'proc', String(pid), 'root/usr/local/bin');
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  for (const name of tools) {
    copyFileSync(join(import.meta.dirname, 'doubles/host/etcdctl'), join(folder, name));
    chmodSync(join(folder, name), 0o755);
  }
  return pid;
}

export function setEtcd(host: FakeHost, state: EtcdState): void {
  const names = Object.keys(state.versions);
  const members = names.map((name) => `{"ID":${IDS[name] ?? '1'},"name":"${name}","peerURLs":["https://${name}.example:2380"],"clientURLs":["${url(name)}"]${state.learners?.includes(name) === true ? ',"isLearner":true' : ''}}`);
  host.set('etcd/members', `{"header":{"cluster_id":18022164811104837654,"raft_term":2},"members":[${members.join(',')}]}\n`);
  host.set('etcd/status', statusText(state, state.leader));
  const moved = names.find((name) => name !== state.leader) ?? state.leader;
  host.set('etcd/status-moved', statusText(state, moved));
  host.set('etcd/health', JSON.stringify(names.map((name) => ({ endpoint: url(name), health: state.unhealthy?.includes(name) !== true, took: '4ms' }))));
  host.set('etcd/alarms', state.alarm === undefined ? '{"header":{}}\n' : `{"header":{},"alarms":[{"memberID":${IDS['cp1'] ?? '1'},"alarm":${state.alarm === 'NOSPACE' ? 1 : 2}}]}\n`);
}

/** Answer of `endpoint status`; written by hand because a number of 64 bits is none in JavaScript. */
export function statusText(state: EtcdState, leader: string): string {
  const rows = Object.entries(state.versions).map(([name, version]) => `{"Endpoint":"${url(name)}","Status":{"header":{"member_id":${IDS[name] ?? '1'}},"version":"${version}","dbSize":4206592,"leader":${IDS[leader] ?? '1'}}}`);
  return `[${rows.join(',')}]\n`;
}

export function hexIdOf(name: string): string {
  return BigInt(IDS[name] ?? '1').toString(16);
}

function url(name: string): string {
  return `https://${name}.example:2379`;
}
