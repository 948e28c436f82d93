/** A member is that of the node at whose address it is: a name proves nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { gateProblems } from '../../activities/etcd/gate.ts';
import { moveLeadershipAway } from '../../activities/etcd/leadership.ts';
import { nodesOfMembers } from '../../activities/etcd/member-nodes.ts';
import { readEtcd } from '../../activities/etcd/read-etcd.ts';
import type { HostAddress, Hosts } from '../../activities/hosts/port.ts';
import { fakeHost } from './fake-host.ts';

const at = (name: string, address: string): HostAddress => ({ name, address, port: 22 });
const NODES = [at('cp1', '10.0.0.1'), at('cp2', '10.0.0.2'), at('cp3', '10.0.0.3')];
const peer = (id: string, ...urls: readonly string[]) => ({ id, urls });

for (const { rule, members, nodes, known = [], found } of [
  { rule: 'by its peer URL', members: [peer('a', 'https://10.0.0.2:2380')], nodes: NODES, found: [['a', 'cp2']] },
  { rule: 'by a client URL alone', members: [peer('a', 'https://etcd-a.internal:2380', 'https://10.0.0.3:2379')], nodes: NODES, found: [['a', 'cp3']] },
  { rule: 'by IPv6, however it is written', members: [peer('a', 'https://[fd00:10::11]:2380')], nodes: [at('cp1', 'fd00:0010:0:0::0011')], found: [['a', 'cp1']] },
  { rule: 'by a name of DNS, in whatever letters', members: [peer('a', 'https://CP1.corp.example.:2380')], nodes: [at('cp1', 'cp1.corp.example')], found: [['a', 'cp1']] },
  { rule: 'not by the name of a node at another address', members: [peer('cp1', 'https://192.168.0.1:2380')], nodes: NODES, found: [] },
  { rule: 'not by the begin of an address', members: [peer('a', 'https://10.0.0.11:2380')], nodes: NODES, found: [] },
  { rule: 'not where two nodes have the address', members: [peer('a', 'https://10.0.0.1:2380')], nodes: [at('cp1', '10.0.0.1'), at('cp2', '10.0.0.1')], found: [] },
  { rule: 'not where it has the addresses of two nodes', members: [peer('a', 'https://10.0.0.1:2380', 'https://10.0.0.2:2379')], nodes: NODES, found: [] },
  { rule: 'not at a node whose member is known', members: [peer('a', 'https://10.0.0.1:2380')], nodes: NODES, known: [['b', 'cp1']] as const, found: [['b', 'cp1']] },
  { rule: 'not by what is no URL', members: [peer('a', 'cp1', '', 'unix://localhost:0', 'https://[fe80::1%eth0]:2380')], nodes: NODES, found: [] },
] as const) {
  test(`a member is matched ${rule}`, () => {
    assert.deepEqual([...nodesOfMembers(members, nodes, new Map(known))], found);
  });
}

interface Member {
  readonly id: string;
  readonly name: string;
  readonly address: string;
}

/** Hosts on which these members run, each of which answers for its own. */
function hostsOf(members: Readonly<Record<string, Member | null>>): { readonly hosts: Hosts; readonly asked: string[] } {
  const asked: string[] = [];
  const all = Object.values(members).filter((member) => member !== null);
  const list = all.map(({ id, name, address }) => `{"ID":${id},"name":"${name}","peerURLs":["https://${address}:2380"],"clientURLs":["https://${address}:2379"]}`).join(',');
  const status = all.map(({ address }) => `{"Endpoint":"https://${address}:2379","Status":{"version":"3.5.24","dbSize":1,"leader":${all[0]?.id ?? '0'}}}`).join(',');
  const health = JSON.stringify(all.map(({ address }) => ({ endpoint: `https://${address}:2379`, health: true })));
  const refuse = () => Promise.reject(new Error('not asked for'));
  const hosts: Hosts = {
    probe: async ({ name }, script) => {
      asked.push(`${script.name} ${name}`);
      const own = members[name];
      if (own === null || own === undefined) return { exitCode: 3, stdout: '', stderr: 'error: no etcd process runs on this host\n' };
      return { exitCode: 0, stderr: '', stdout: `members {"header":{"member_id":${own.id}},"members":[${list}]}\nstatus [${status}]\nhealth ${health}\nalarms {"header":{}}\n` };
    },
    runStep: refuse, claimStep: refuse, readOutput: refuse, download: refuse, upload: refuse,
  };
  return { hosts, asked };
}

const ids = (count: number): string => `20018364920872659${String(count).padStart(2, '0')}`;

test('members that are called as other nodes are those of the nodes at whose addresses they are', async () => {
  const { hosts, asked } = hostsOf({
    cp1: { id: ids(1), name: 'cp2', address: '10.0.0.1' }, cp2: { id: ids(2), name: 'cp3', address: '10.0.0.2' }, cp3: { id: ids(3), name: 'cp1', address: '10.0.0.3' },
  });
  const observation = await readEtcd(hosts, NODES);
  assert.deepEqual(observation.members.map(({ name, node }) => `${name} on ${node}`), ['cp2 on cp1', 'cp3 on cp2', 'cp1 on cp3']);
  assert.deepEqual(asked, ['read-etcd cp1'], 'one host knows them all');
});

test('members whose names are all the same, or of no node, are told apart', async () => {
  const { hosts } = hostsOf({
    cp1: { id: ids(1), name: 'default', address: '10.0.0.1' }, cp2: { id: ids(2), name: 'default', address: '10.0.0.2' }, cp3: { id: ids(3), name: 'ip-10-0-0-3', address: '10.0.0.3' },
  });
  const observation = await readEtcd(hosts, NODES);
  assert.deepEqual(gateProblems(observation, { expected: ['cp1', 'cp2', 'cp3'], acceptOutage: false }), []);
});

test('where SSH reaches the hosts at other addresses than etcd, each says which member it carries', async () => {
  const { hosts, asked } = hostsOf({
    cp1: { id: ids(1), name: 'a', address: '10.9.0.1' }, cp2: { id: ids(2), name: 'b', address: '10.9.0.2' }, cp3: { id: ids(3), name: 'cp1', address: '10.9.0.3' },
  });
  const observation = await readEtcd(hosts, NODES);
  assert.deepEqual(observation.members.map(({ name, node }) => `${name} on ${node}`), ['a on cp1', 'b on cp2', 'cp1 on cp3']);
  assert.deepEqual(asked.toSorted(), ['read-etcd cp1', 'read-etcd cp2', 'read-etcd cp3']);
});

test('a member that no host and no address says anything of keeps the gate shut, whatever it is called', async () => {
  const { hosts } = hostsOf({ cp1: { id: ids(1), name: 'cp1', address: '10.0.0.1' }, cp2: { id: ids(2), name: 'cp2', address: '10.0.0.2' }, gone: { id: ids(3), name: 'cp3', address: '10.7.7.7' }, cp3: null });
  const observation = await readEtcd(hosts, NODES);
  assert.deepEqual(gateProblems(observation, { expected: ['cp1', 'cp2', 'cp3'], acceptOutage: false }), ['node cp3 has no etcd member', 'etcd member cp3 belongs to no node of the plan']);
});

test('leadership is moved away from the node that carries the leader, not from the one of its name', async () => {
  const { hosts, asked } = hostsOf({ cp1: { id: ids(1), name: 'cp2', address: '10.0.0.1' }, cp2: { id: ids(2), name: 'cp1', address: '10.0.0.2' }, cp3: { id: ids(3), name: 'cp3', address: '10.0.0.3' } });
  const observation = await readEtcd(hosts, NODES);
  assert.equal(await moveLeadershipAway(hosts, at('cp2', '10.0.0.2'), observation, AbortSignal.timeout(10_000)), false);
  assert.equal(await moveLeadershipAway(hosts, at('cp1', '10.0.0.1'), observation, AbortSignal.timeout(10_000)), true);
  assert.deepEqual(asked, ['read-etcd cp1', 'move-etcd-leader cp1']);
});

test('what a host says of why its etcd cannot be asked is in the message, once', async (context: TestContext) => {
  const made = fakeHost('apt');
  context.after(() => made.remove());
  await assert.rejects(readEtcd(made.hosts, [at('cp1', '10.0.0.1')]), /No etcd member could be asked\. cp1: no etcd process runs on this host$/);
});
