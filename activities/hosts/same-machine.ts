import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApplicationFailure } from '@temporalio/common';
import type { MachineIds } from '../../workflows/domain/node-identity.ts';
import { stepError } from '../step-error.ts';
import { quoteAll } from './quote.ts';

/** The machine that a host has to be before anything runs on it. */
export interface NodeMachine extends MachineIds {
  /** Name of the node. */
  readonly node: string;
}

export const SAME_MACHINE = readFileSync(join(import.meta.dirname, 'same-machine.sh'), 'utf8');
const CALL = 'require_node ';

/** Shell text that ends the command on every other machine; empty where no machine is asked for. */
export function requireMachine(machine: NodeMachine | null): string {
  if (machine === null) return '';
  return `${SAME_MACHINE}${CALL}${quoteAll([machine.node, machine.machineId ?? '', machine.systemUuid ?? ''])}\n`;
}

/** What `requireMachine` begins with, up to the words. */
export const REQUIRE_MACHINE = `${SAME_MACHINE}${CALL}`;

/** The failure that such a text ended with, out of what was said before the script began; null where it did not. */
export function otherMachine(label: string, machine: NodeMachine | null, said: string): ApplicationFailure | null {
  const words = /^capstan: other-host (\S+) (\S+) (\S+)$/m.exec(said);
  if (machine === null || words === null) return null;
  const [, cause, machineId = 'none', systemUuid = 'none'] = words;
  const found = cause === 'uuid' ? ['system UUID', systemUuid, machine.systemUuid, 'systemUUID'] : ['machine id', machineId, machine.machineId, 'machineID'];
  const [id, has, wanted, field] = found;
  if (cause !== 'unproven') {
    return stepError(
      'HostIsNotNode', `${label}: the host there has the ${id} ${has}, and node ${machine.node} reports ${wanted} (status.nodeInfo.${field}): it is another machine, and nothing was run on it.`,
      `Correct the address of ${machine.node} (spec.nodes, or what the node reports). Where the id of the right host was changed, restart its kubelet, so that the node reports it. Then make a new plan.`,
    );
  }
  return stepError(
    'HostIsNotNode', `${label}: nothing proves that the host there (machine id ${machineId}, system UUID ${systemUuid}) is node ${machine.node}: no id that this node alone reports is on it, and the certificate of its kubelet does not name system:node:${machine.node}. Nothing was run on it.`,
    `Check its address. Where machines were cloned, give each a machine id of its own (systemd-machine-id-setup) and restart its kubelet. Then make a new plan.`,
  );
}
