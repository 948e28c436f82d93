import { ApplicationFailure } from '@temporalio/common';
import type { EtcdObservation } from '../../workflows/domain/observation.ts';
import type { HostAddress, Hosts } from '../hosts/port.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { stepError } from '../step-error.ts';
import { etcdObservation, parseEtcdDocuments } from './parse-etcd.ts';
import { saidByHost } from './said-by-host.ts';

const READ_MS = 30_000;

/**
 * What etcd's members are now, asked through the first member that answers, with the tools of its own container.
 * Failures: those of `Hosts` where no host can be reached; Unexpected, which is tried again, where no member answers.
 *
 * @param members Hosts that carry a member, the one to ask first in front.
 */
export async function readEtcd(hosts: Hosts, members: readonly HostAddress[], signal?: AbortSignal): Promise<EtcdObservation> {
  const refusals: string[] = [];
  let failure: unknown = null;
  for (const member of members) {
    try {
      const result = await hosts.probe(member, SCRIPTS.readEtcd, [], { timeoutMs: READ_MS, ...(signal === undefined ? {} : { signal }) });
      const observation = result.exitCode === 0 ? etcdObservation(parseEtcdDocuments(result.stdout)) : null;
      if (observation !== null) return observation;
      refusals.push(`${member.name}: ${saidByHost(result.stderr) ?? 'its etcd does not answer'}`);
    } catch (error) {
      signal?.throwIfAborted();
      failure ??= error;
      refusals.push(`${member.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (failure instanceof ApplicationFailure && refusals.length === 1) throw failure;
  throw stepError('Unexpected', `No etcd member could be asked. ${refusals.join('; ')}`, 'See `crictl ps -a` and the logs of the etcd pods on those nodes.');
}
