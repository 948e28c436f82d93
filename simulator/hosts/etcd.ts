import { randomOf } from '../random.ts';
import type { Random } from '../random.ts';

/** The members of a twin's etcd, one on each control-plane node, as they would say themselves. */
export interface EtcdMember {
  /** Name of its node. */
  readonly name: string;
  readonly id: bigint;
  readonly address: string;
  /** `3.5.24`. */
  version: string;
  running: boolean;
  learner: boolean;
}

export interface EtcdCluster {
  readonly clusterId: bigint;
  readonly members: readonly EtcdMember[];
  readonly alarms: { readonly member: string; readonly alarm: 'NOSPACE' | 'CORRUPT' }[];
  /** Null where too few members run for one. */
  leader(): EtcdMember | null;
  member(name: string): EtcdMember | null;
  /** True where enough members run to agree. */
  hasQuorum(): boolean;
  /** False where either of the two cannot lead. */
  moveLeader(from: string, toId: bigint): boolean;
  /** A member stops; another one leads from then on. */
  stop(name: string): void;
  start(name: string, version: string): void;
  readonly term: number;
  /** Number of the newest entry of its log: every write makes one, and so do members by themselves. */
  raftIndex(): number;
}

export function createEtcd(seed: number, nodes: readonly { readonly name: string; readonly address: string }[], version: string): EtcdCluster {
  const members = nodes.map(({ name, address }): EtcdMember => ({ name, address, id: idOf(randomOf(seed, name, 'etcd member')), version, running: true, learner: false }));
  const random = randomOf(seed, 'etcd');
  const clusterId = idOf(random);
  const first = random.below(Math.max(1, members.length));
  let leading: EtcdMember | null = members[first] ?? null;
  let term = 2 + random.below(6);
  let index = 2_000 + random.below(3_000);

  const hasQuorum = (): boolean => members.filter((member) => member.running && !member.learner).length > members.filter((member) => !member.learner).length / 2;

  function elect(): void {
    if (leading?.running === true && hasQuorum()) return;
    leading = hasQuorum() ? members.find((member) => member.running && !member.learner) ?? null : null;
    term += 1;
  }

  const member = (name: string): EtcdMember | null => members.find((each) => each.name === name) ?? null;
  return {
    clusterId, members, member, hasQuorum,
    alarms: [],
    leader: () => leading,
    moveLeader: (from, toId) => {
      const to = members.find((each) => each.id === toId);
      if (leading?.name !== from || to === undefined || !to.running || to.learner) return false;
      leading = to;
      term += 1;
      return true;
    },
    stop: (name) => {
      const stopped = member(name);
      if (stopped === null) return;
      stopped.running = false;
      elect();
    },
    start: (name, to) => {
      const started = member(name);
      if (started === null) return;
      started.running = true;
      started.version = to;
      elect();
    },
    get term() { return term; },
    raftIndex: () => (index += 3),
  };
}

/** 63 bits, never zero. */
function idOf(random: Random): bigint {
  return (BigInt(1 + random.below(0x7fff_fffe)) << 32n) | BigInt(random.below(0xffff_ffff));
}
