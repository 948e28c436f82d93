import type { Finding } from '../../workflows/domain/check.ts';
import type { EtcdObservation } from '../../workflows/domain/observation.ts';
import type { PlannedNode } from '../../workflows/domain/plan.ts';
import type { HostFacts } from './host-facts.ts';
import { hostFinding } from './host-finding.ts';

const MIB = 1024 * 1024;
const IMAGES_MIB = 1024;
/** Packages of the new version, those of the former one, and what was recorded. */
const PACKAGES_MIB = 1024;
/** kubeadm copies etcd's whole folder: beside the database its log, of five files of 64 MiB, and snapshots of its own. */
const ETCD_LOG_MIB = 512;
/** A snapshot is tried by a restore only where this stays free. */
const SNAPSHOT_MIB = 1024;

interface Want {
  readonly folder: string;
  readonly what: string;
  readonly mib: number;
}

/** What will be written where, against what is free there: folders on one file system share it. */
export function diskFindings(node: PlannedNode, facts: HostFacts, etcd: EtcdObservation | null): readonly Finding[] {
  const places = new Map(facts.all('free').map((value) => {
    const [folder = '', free = '', system = ''] = value.split(' ');
    return [folder, { free: Math.floor(Number(free) / 1024), system }] as const;
  }));
  const wants = wantsOf(node, facts, etcd);
  const systems = Map.groupBy(wants, ({ folder }) => places.get(folder)?.system ?? '');
  return [...systems].flatMap(([system, own]) => {
    const free = places.get(own[0]?.folder ?? '')?.free;
    const needed = own.reduce((sum, { mib }) => sum + mib, 0);
    if (system === '' || free === undefined || free >= needed) return [];
    const folders = own.map(({ folder }) => folder).join(', ');
    return [hostFinding(
      'host-disk', 'block', node.name,
      `the file system of ${folders} has ${free} MiB free, and ${needed} MiB are needed: ${own.map(({ mib, what, folder }) => `${mib} MiB for ${what} in ${folder}`).join(', ')}.`,
      `Free space there.`,
    )];
  });
}

function wantsOf(node: PlannedNode, facts: HostFacts, etcd: EtcdObservation | null): readonly Want[] {
  const member = etcd?.members.find((each) => each.node === node.name);
  const images: Want = { folder: facts.one('images-at') ?? '', what: 'images', mib: IMAGES_MIB };
  const packages: Want = { folder: '/var/lib/capstan', what: 'packages and records', mib: PACKAGES_MIB };
  if (member === undefined) return [images, packages];
  const database = Math.ceil(member.dbSize / MIB);
  return [
    images, packages,
    // Any member may be the one of which the snapshot is taken.
    { folder: '/var/lib/capstan', what: `a snapshot of etcd (${database} MiB)`, mib: database + SNAPSHOT_MIB },
    { folder: '/etc/kubernetes/tmp', what: "kubeadm's copy of etcd", mib: database + ETCD_LOG_MIB },
  ];
}
