import type { HostAddress } from '../hosts/port.ts';
import { moveLeadershipAway } from './leadership.ts';
import { waitForGate } from './wait-gate.ts';
import type { GateWait } from './wait-gate.ts';

/**
 * Contract 2 for the member of one node: the gate, leadership moved away, and the gate again where it was. Failures: GateTimeout,
 * HostStepFailed and those of `Hosts`.
 */
export async function waitForMemberGate(gate: GateWait, node: HostAddress): Promise<void> {
  const etcd = await waitForGate(gate);
  if (!(await moveLeadershipAway(gate.hosts, node, etcd, gate.signal))) return;
  await waitForGate({ ...gate, also: ({ members }) => (members.find((member) => member.leader)?.node === node.name ? [`${node.name} still leads`] : []) });
}
