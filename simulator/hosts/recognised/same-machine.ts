import { certificateNames } from './certificate-names.ts';
import type { NodeMachine } from '../../../activities/hosts/same-machine.ts';
import type { Machine } from '../machine.ts';

/** What same-machine.sh says on standard error where the host is another machine; null where it is the node's. */
export function otherHost({ files }: Machine, { node, machineId, systemUuid }: NodeMachine): string | null {
  const machine = firstWord(files.read('/etc/machine-id') ?? files.read('/var/lib/dbus/machine-id'));
  const uuid = firstWord(files.read('/sys/class/dmi/id/product_uuid'));
  const cause = causeOf([machineId, machine], [systemUuid, uuid], () => certificateNames(files.read('/var/lib/kubelet/pki/kubelet-client-current.pem'), node));
  return cause === null ? null : `capstan: other-host ${cause} ${machine || 'none'} ${uuid || 'none'}`;
}

type Pair = readonly [wanted: string | null, found: string];

function causeOf(machine: Pair, uuid: Pair, isNamed: () => boolean): string | null {
  if (isKnown(machine) && !isSame(machine)) return 'machine';
  if (isKnown(uuid) && !isSame(uuid)) return 'uuid';
  return isSame(machine) || isSame(uuid) || isNamed() ? null : 'unproven';
}

function isKnown([wanted, found]: Pair): boolean {
  return (wanted ?? '') !== '' && found !== '';
}

function isSame([wanted, found]: Pair): boolean {
  return isKnown([wanted, found]) && wanted?.toLowerCase() === found.toLowerCase();
}

function firstWord(text: string | null): string {
  return text?.split('\n')[0]?.trim().split(/\s+/)[0] ?? '';
}
