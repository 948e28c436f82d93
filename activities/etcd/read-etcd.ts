import { ApplicationFailure } from '@temporalio/common';
import type { EtcdObservation } from '../../workflows/domain/observation.ts';
import type { HostAddress, Hosts } from '../hosts/port.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import { stepError } from '../step-error.ts';
import { nodesOfMembers } from './member-nodes.ts';
import { answeringMember, etcdObservation, parseEtcdDocuments, placedMembers } from './parse-etcd.ts';
import type { EtcdDocuments } from './parse-etcd.ts';
import { saidByHost } from './said-by-host.ts';

const READ_MS = 30_000;

/**
 * What etcd's members are now, asked through the first member that answers, with the tools of its own container. Each is matched to
 * its node by its URLs, and where those do not say it, by asking the host of the node which member it carries.
 * Failures: those of `Hosts` where no host can be reached; Unexpected, which is tried again, where no member answers.
 *
 * @param members Hosts that carry a member, the one to ask first in front.
 */
export async function readEtcd(hosts: Hosts, members: readonly HostAddress[], signal?: AbortSignal): Promise<EtcdObservation> {
  const refusals: string[] = [];
  let failure: unknown = null;
  for (const member of members) {
    try {
      const { documents, said } = await askHost(hosts, member, signal);
      if (documents !== null && placedMembers(documents).length > 0) {
        const nodes = await placeMembers(documents, member, members, (other) => askHost(hosts, other, signal));
        const observation = etcdObservation(documents, nodes);
        if (observation !== null) return observation;
      }
      refusals.push(`${member.name}: ${said ?? 'its etcd does not answer'}`);
    } catch (error) {
      signal?.throwIfAborted();
      failure ??= error;
      refusals.push(`${member.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (failure instanceof ApplicationFailure && refusals.length === 1) throw failure;
  throw stepError('Unexpected', `No etcd member could be asked. ${refusals.join('; ')}`, 'See `crictl ps -a` and the logs of the etcd pods on those nodes.');
}

interface Answer {
  /** Null where the script could not ask. */
  readonly documents: EtcdDocuments | null;
  readonly said: string | null;
}

async function askHost(hosts: Hosts, host: HostAddress, signal: AbortSignal | undefined): Promise<Answer> {
  const result = await hosts.probe(host, SCRIPTS.readEtcd, [], { timeoutMs: READ_MS, ...(signal === undefined ? {} : { signal }) });
  return { documents: result.exitCode === 0 ? parseEtcdDocuments(result.stdout) : null, said: saidByHost(result.stderr) };
}

/** Node of each member by its id. A host that does not answer leaves its member without a node, which shuts every gate. */
async function placeMembers(documents: EtcdDocuments, asked: HostAddress, nodes: readonly HostAddress[], ask: (host: HostAddress) => Promise<Answer>): Promise<ReadonlyMap<string, string>> {
  const placed = placedMembers(documents);
  const known = new Map<string, string>();
  const answering = answeringMember(documents);
  if (answering !== null && placed.some(({ id }) => id === answering)) known.set(answering, asked.name);
  const found = nodesOfMembers(placed, nodes, known);
  if (placed.every(({ id }) => found.has(id))) return found;
  const carriers = new Set(found.values());
  const answers = await Promise.all(nodes.filter(({ name }) => !carriers.has(name)).map(async ({ name, ...place }) => {
    const { documents: theirs } = await ask({ name, ...place }).catch((): Answer => ({ documents: null, said: null }));
    return [theirs === null ? null : answeringMember(theirs), name] as const;
  }));
  const own = answers.flatMap(([id, name]) => (id !== null && !found.has(id) && placed.some((member) => member.id === id) ? [[id, name] as const] : []));
  return new Map([...found, ...own]);
}
