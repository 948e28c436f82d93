import type { EtcdData } from '../etcd-data.ts';
import { etcdKeysOf } from '../etcd-snapshot.ts';
import type { EtcdCluster, EtcdMember } from '../etcd.ts';
import type { Machine } from '../machine.ts';
import { OperationFailed, spend } from './call.ts';
import type { Call } from './call.ts';
import { DB_SIZE, wordsOf } from './etcd-words.ts';

/** etcdctl's exit code where it is asked of a member that does not lead. */
const NO_LEADER = 128;

/** `etcdctl` inside the member's container, with the JSON that 3.5 and 3.6 print. */
export async function etcdctl(call: Call): Promise<number> {
  const words = wordsOf(call.args);
  const { machine, machine: { world: { etcd, etcdData }, node } } = call;
  const own = etcd.member(node.name);
  if (own === null || !own.running) {
    call.err('Error: context deadline exceeded');
    return 1;
  }
  switch (words.slice(0, 2).join(' ')) {
    case 'member list':
      if (!etcd.hasQuorum()) return unavailable(call);
      call.out(`{"header":${header(etcd, own, null)},"members":[${etcd.members.map(memberJson).join(',')}]}`);
      return 0;
    case 'endpoint status': {
      const rows = etcd.members.filter((member) => member.running).map((member) => statusJson(etcd, member, etcdData));
      call.out(`[${rows.join(',')}]`);
      return rows.length === etcd.members.length ? 0 : 1;
    }
    case 'endpoint health': {
      const isHealthy = (member: EtcdMember): boolean => member.running && etcd.hasQuorum();
      const asked = call.args.includes('--cluster') ? etcd.members : [own];
      call.out(JSON.stringify(asked.map((member) => ({ endpoint: url(member), health: isHealthy(member), took: '4.2ms', ...(isHealthy(member) ? {} : { error: 'context deadline exceeded' }) }))));
      return asked.every(isHealthy) ? 0 : 1;
    }
    case 'alarm list': {
      const alarms = etcd.alarms.map(({ member, alarm }) => `{"memberID":${String(etcd.member(member)?.id ?? 0n)},"alarm":${alarm === 'NOSPACE' ? '1' : '2'}}`);
      call.out(`{"header":${header(etcd, own, etcdData)}${alarms.length === 0 ? '' : `,"alarms":[${alarms.join(',')}]`}}`);
      return 0;
    }
    case 'get /registry/': {
      const rows = keysOf(machine);
      call.out(`{"header":${header(etcd, own, etcdData)},"kvs":[${rows.join(',')}],"count":${String(rows.length)}}`);
      return 0;
    }
    case 'snapshot save': return save(call, words[2] ?? '');
    default:
      if (words[0] === 'move-leader') return moveLeader(call, words[1] ?? '');
      call.err(`Error: the twin's etcdctl does not know: ${words.join(' ')}`);
      machine.record('unknown etcdctl command', words.join(' '));
      return 1;
  }
}

async function save(call: Call, file: string): Promise<number> {
  const { machine } = call;
  try {
    const { etcd, etcdData, clock, description } = machine.world;
    const tookMs = await spend(call, 'snapshot etcd', description.timings.snapshot);
    const version = etcd.member(machine.node.name)?.version ?? '';
    machine.files.write(file, etcdData.save(version, clock.now()), 0o600);
    machine.record('etcd snapshot taken', version, tookMs);
  } catch (error) {
    if (error instanceof OperationFailed) return error.exitCode;
    throw error;
  }
  call.out(`Snapshot saved at ${file}`);
  const { version = '' } = machine.world.etcd.member(machine.node.name) ?? {};
  if (!version.startsWith('3.5.')) call.out(`Server version ${version}`);
  return 0;
}

function moveLeader(call: Call, to: string): number {
  const { machine, machine: { world: { etcd }, node } } = call;
  const target = etcd.members.find((member) => member.id.toString(16) === to);
  const leader = etcd.leader();
  if (leader?.name !== node.name) {
    call.err('Error: no leader endpoint given at [https://127.0.0.1:2379]');
    return NO_LEADER;
  }
  if (target === undefined || !etcd.moveLeader(node.name, target.id)) {
    call.err('Error: etcdserver: bad leader transferee');
    return 1;
  }
  machine.record('etcd leadership moved', `${node.name} → ${target.name}`);
  call.out(`Leadership transferred from ${leader.id.toString(16)} to ${to}`);
  return 0;
}

function unavailable(call: Call): number {
  call.err('{"level":"warn","msg":"retrying of unary invoker failed","error":"rpc error: code = DeadlineExceeded"}');
  call.err('Error: context deadline exceeded');
  return 1;
}

/** The API's objects as `get --keys-only -w json` lists them. */
function keysOf({ world: { model: { store } } }: Machine): readonly string[] {
  return etcdKeysOf(store.contents()).map(({ key, revision }) => `{"key":"${Buffer.from(key).toString('base64')}","create_revision":${String(revision)},"mod_revision":${String(revision)},"version":1}`);
}

/** Written by hand: ids have 64 bits, which no number of JavaScript holds. */
function header(etcd: EtcdCluster, member: EtcdMember, data: EtcdData | null): string {
  const revision = data === null ? '' : `"revision":${String(data.revision())},`;
  return `{"cluster_id":${String(etcd.clusterId)},"member_id":${String(member.id)},${revision}"raft_term":${String(etcd.term)}}`;
}

function memberJson(member: EtcdMember): string {
  const { address } = member;
  return `{"ID":${String(member.id)},"name":"${member.name}","peerURLs":["https://${address}:2380"],"clientURLs":["${url(member)}"]${member.learner ? ',"isLearner":true' : ''}}`;
}

function statusJson(etcd: EtcdCluster, member: EtcdMember, data: EtcdData): string {
  const index = etcd.raftIndex() + 500;
  const newer = member.version.startsWith('3.5.') ? '' : ',"storageVersion":"3.5.0","downgradeInfo":{}';
  return `{"Endpoint":"${url(member)}","Status":{"header":${header(etcd, member, data)},"version":"${member.version}","dbSize":${String(DB_SIZE)},"leader":${String(etcd.leader()?.id ?? 0n)},"raftIndex":${String(index)},"raftTerm":${String(etcd.term)},"raftAppliedIndex":${String(index)},"dbSizeInUse":${String(DB_SIZE / 2)}${newer}}}`;
}

function url(member: EtcdMember): string {
  return `https://${member.address}:2379`;
}
