import type { Finding } from '../../workflows/domain/check.ts';
import { provingIds, sharedMachineIds } from '../../workflows/domain/node-identity.ts';
import type { NodeObservation } from '../../workflows/domain/observation.ts';

const CHECK = 'host-identity';
const SHOWN = 10;

/** Machine ids that more than one node reports: such an id does not tie a host to its node, and what does instead. */
export function identityFindings(nodes: readonly NodeObservation[]): readonly Finding[] {
  const proofs = provingIds(nodes);
  return [...sharedMachineIds(nodes)].map(([id, names]): Finding => {
    const byCertificate = names.filter((name) => (proofs.get(name)?.systemUuid ?? null) === null);
    const instead = byCertificate.length === 0 ? 'their hosts are told apart by their system UUIDs' : `the kubelet's certificate tells the ${byCertificate.length === 1 ? 'host' : 'hosts'} of ${listed(byCertificate)}`;
    return {
      check: CHECK, severity: 'warn', node: null,
      message: `Nodes ${listed(names)} report one machine id, ${id}: their machines were cloned with it, and it does not tie a host to its node; ${instead}.`,
      next: 'Give each machine an id of its own in a maintenance (systemd-machine-id-setup, then restart its kubelet).',
    };
  });
}

function listed(names: readonly string[]): string {
  return names.length > SHOWN ? `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more` : names.join(', ');
}
