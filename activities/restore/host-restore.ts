import type { PlannedNode } from '../../workflows/domain/plan.ts';
import { currentActivity } from '../activity-context.ts';
import { hostOf } from '../durable-step.ts';
import type { Hosts } from '../hosts/port.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { recordFolder } from '../packages/package-step.ts';
import { stepError } from '../step-error.ts';
import { redactedEnd } from '../redaction/redacted.ts';

/** What a host has for a restore. */
export interface HostRestore {
  /** Version of the kubelet's program now, `v1.34.4`; empty where none can be asked. */
  readonly kubelet: string;
  /** Package of the kubelet before the upgrade; null where no package of the node was reached. */
  readonly formerKubelet: string | null;
  /** Packages, their sources or the kubelet's configuration are not what is recorded. */
  readonly isChanged: boolean;
  /** Version of the recorded API server; null where none is recorded. */
  readonly apiServer: string | null;
  /** `name=peer URL` of the recorded member; null where none is recorded. */
  readonly member: string | null;
  /** What the record lacks; null where it is complete and its SHA-256 hold. */
  readonly problem: string | null;
  /** KiB free where etcd's data is; null where there is none. */
  readonly dataFreeKib: number | null;
  /** KiB free in /var/lib. */
  readonly stateFreeKib: number;
  /** The snapshot is on the host already. */
  readonly hasSnapshot: boolean;
}

const CHECK_MS = 120_000;

/** Looks at a host. Failures: HostStepFailed and those of `Hosts`. */
export async function checkHostRestore(hosts: Hosts, node: PlannedNode, upgrade: string, sha256: string): Promise<HostRestore> {
  const { signal } = currentActivity();
  const result = await hosts.probe(hostOf(node), SCRIPTS.checkRestore, [recordFolder({ upgrade: { id: upgrade }, node }), sha256], { timeoutMs: CHECK_MS, signal });
  if (result.exitCode === 0) return parseHostRestore(result.stdout);
  throw stepError('HostStepFailed', `What ${node.name} (${node.address}) has for a restore cannot be read: ${redactedEnd(result.stderr || result.stdout, 500)}`, 'Correct it on the host, then try again. Nothing was changed.');
}

/** Lines `NAME VALUE` of the script check-restore. */
export function parseHostRestore(text: string): HostRestore {
  const values = new Map(text.split('\n').map((line) => {
    const at = line.indexOf(' ');
    return at < 0 ? [line, ''] as const : [line.slice(0, at), line.slice(at + 1).trim()] as const;
  }));
  const valueOf = (name: string): string | null => values.get(name) || null;
  const member = valueOf('member');
  const dataFree = valueOf('data-free');
  return {
    kubelet: valueOf('kubelet') ?? '',
    formerKubelet: valueOf('former-kubelet'),
    isChanged: valueOf('changed') === 'yes',
    apiServer: valueOf('api-server'),
    member: member === null || member.startsWith('=') || member.endsWith('=') ? null : member,
    problem: valueOf('problem'),
    dataFreeKib: dataFree === null ? null : Number(dataFree),
    stateFreeKib: Number(valueOf('state-free') ?? 0),
    hasSnapshot: valueOf('snapshot') === 'yes',
  };
}
