/** What a node reports of its machine, as `status.nodeInfo` has it; null where that is not an id. */
export interface MachineIds {
  /** machineID: what the host has in /etc/machine-id. */
  readonly machineId: string | null;
  /** systemUUID: what the host's firmware or hypervisor says. */
  readonly systemUuid: string | null;
}

interface NamedMachine extends MachineIds {
  readonly name: string;
}

const MACHINE_ID = /^[0-9a-f]{32}$/i;
const SYSTEM_UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** What an id holds that nobody has set. */
const UNSET = /^[0-]*$|^[f-]*$/i;

/** Ids out of `status.nodeInfo`; what is not one, such as `uninitialized` or zeros, proves nothing. */
export function machineIdsOf(machineId: string | undefined, systemUuid: string | undefined): MachineIds {
  return { machineId: idOf(machineId, MACHINE_ID), systemUuid: idOf(systemUuid, SYSTEM_UUID) };
}

function idOf(text: string | undefined, form: RegExp): string | null {
  const id = (text ?? '').trim();
  return form.test(id) && !UNSET.test(id) ? id : null;
}

/**
 * What ties each node to its host, by node name: the machine id where no other node reports the same one, else the system UUID where
 * no other node has it, else neither. Machines that were cloned share the first, containers on one machine the second.
 */
export function provingIds(nodes: readonly NamedMachine[]): ReadonlyMap<string, MachineIds> {
  const machineIds = countsOf(nodes.flatMap(({ machineId }) => machineId ?? []));
  const systemUuids = countsOf(nodes.flatMap(({ systemUuid }) => systemUuid ?? []));
  const proofOf = ({ machineId, systemUuid }: MachineIds): MachineIds => {
    if (isOwn(machineId, machineIds)) return { machineId, systemUuid: null };
    return { machineId: null, systemUuid: isOwn(systemUuid, systemUuids) ? systemUuid : null };
  };
  return new Map(nodes.map((node) => [node.name, proofOf(node)]));
}

/** Nodes that report one machine id together, by that id. */
export function sharedMachineIds(nodes: readonly NamedMachine[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const { name, machineId } of nodes) {
    if (machineId === null) continue;
    const key = machineId.toLowerCase();
    names.set(key, [...(names.get(key) ?? []), name]);
  }
  return new Map([...names].filter(([, sharing]) => sharing.length > 1));
}

function countsOf(ids: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id.toLowerCase(), (counts.get(id.toLowerCase()) ?? 0) + 1);
  return counts;
}

function isOwn(id: string | null, counts: ReadonlyMap<string, number>): boolean {
  return id !== null && counts.get(id.toLowerCase()) === 1;
}

/** False only where both are known by the same kind of id, and the ids differ: a clone that joins takes the proof from an id, not its truth. */
export function mayBeSameMachine(one: MachineIds, other: MachineIds): boolean {
  return agrees(one.machineId, other.machineId) && agrees(one.systemUuid, other.systemUuid);
}

function agrees(one: string | null, other: string | null): boolean {
  return one === null || other === null || one.toLowerCase() === other.toLowerCase();
}
