import { etcdObservation, parseEtcdDocuments } from '../../../activities/etcd/parse-etcd.ts';
import type { HostAddress, Hosts } from '../../../activities/hosts/port.ts';
import { SCRIPTS } from '../../../activities/hosts/scripts/index.ts';
import type { Facts } from './cases.ts';

/** Completes the facts by who leads etcd now. */
export async function readFacts(hosts: Hosts, address: (name: string) => HostAddress, known: Omit<Facts, 'members' | 'ids'> & { readonly planes: readonly string[] }): Promise<Facts> {
  const { planes, ...facts } = known;
  const [first = ''] = planes;
  const { stdout } = await hosts.probe(address(first), SCRIPTS.readEtcd, []);
  const members = (etcdObservation(parseEtcdDocuments(stdout), new Map())?.members ?? []).toSorted((left, right) => Number(right.leader) - Number(left.leader) || (left.name < right.name ? -1 : 1));
  return { ...facts, members: members.map(({ name }) => name), ids: members.map(({ id }) => id) };
}
