import { mayBeSameMachine } from './node-identity.ts';
import type { LeftOutNode, PlannedNode } from './plan.ts';
import type { NodeState } from './state.ts';

/** Why a node is no longer what the approved plan said. Packed runs hold their places: new ones come last. */
export const NODE_NOTES = ['gone', 'upgraded by hand', 'left out', 'new', 'planned again'] as const;
export type NodeNote = (typeof NODE_NOTES)[number];

/** What an amendment needs to know of a node that the plan names. */
export interface AmendableNode {
  readonly state: NodeState;
  /** In flight or held: whoever has it takes it to its end. */
  readonly isBusy: boolean;
  readonly note: NodeNote | null;
}

/** What a difference between a planned node and the node as it is now means for the upgrade. */
export type NodeVerdict =
  | { readonly kind: 'same' }
  /** Nothing of what is executed changes; people are told. */
  | { readonly kind: 'told'; readonly line: string }
  /** Less is left to do, or the same: done at once. */
  | { readonly kind: 'amended'; readonly line: string; readonly node: PlannedNode; readonly state: Extract<NodeState, 'skipped' | 'done'> | null; readonly note: NodeNote | null }
  /** More is left to do, or another thing than was approved. */
  | { readonly kind: 'grown'; readonly line: string; readonly node: PlannedNode }
  /** The control plane is another one: no amendment covers that. */
  | { readonly kind: 'blocked'; readonly line: string };

const SAME: NodeVerdict = { kind: 'same' };

/**
 * @param now The same name in a plan of the cluster as it is now; undefined where the cluster lists it no more, or that plan leaves it out.
 * @param leftOut Why that plan leaves it out; null where it does not.
 */
export function judgeNode(planned: PlannedNode, run: AmendableNode, now: PlannedNode | undefined, leftOut: LeftOutNode | null): NodeVerdict {
  if (now === undefined) return leftOut === null || isOfControlPlane(planned) ? judgeGone(planned, run) : judgeLeftOut(planned, run, leftOut);
  if (isOfControlPlane(planned) || isOfControlPlane(now)) return judgeControlPlane(planned, run, now);
  if (run.isBusy) return judgeBusy(planned, run, now);
  switch (run.state) {
    case 'pending': return judgePending(planned, now);
    case 'done': return now.changes ? { kind: 'grown', line: `${now.name}: at ${now.from}, after it was done`, node: again(now) } : SAME;
    case 'skipped': return run.note === 'gone' && now.changes ? { kind: 'grown', line: `${now.name}: back again, at ${now.from}`, node: again(now) } : SAME;
    default: return SAME;
  }
}

export function isOfControlPlane({ roles }: PlannedNode): boolean {
  return roles.includes('control-plane') || roles.includes('etcd');
}

function judgeGone(planned: PlannedNode, { state, isBusy, note }: AmendableNode): NodeVerdict {
  const { name } = planned;
  if (isOfControlPlane(planned)) return { kind: 'blocked', line: `${name}: gone` };
  if (state === 'held') return { kind: 'told', line: `${name}: gone, while it is held; \`capstan skip ${name}\` goes on without it` };
  if (isBusy) return { kind: 'told', line: `${name}: gone, while it is in flight` };
  if (note === 'gone') return SAME;
  if (state === 'pending') return { kind: 'amended', line: `${name}: gone, left out`, node: planned, state: 'skipped', note: 'gone' };
  return { kind: 'amended', line: `${name}: gone, after it was ${state}`, node: planned, state: null, note: 'gone' };
}

/** One that has not begun is left as it is. What was done, or is under way, stays what it is: a node that is not Ready by our own doing is never left out. */
function judgeLeftOut(planned: PlannedNode, { state, isBusy, note }: AmendableNode, { kind, reason }: LeftOutNode): NodeVerdict {
  if (isBusy || state === 'done' || note === 'left out') return SAME;
  if (state !== 'pending') return { kind: 'told', line: `${planned.name}: ${reason}, after it was ${state}` };
  return { kind: 'amended', line: `${planned.name}: left out, ${kind === 'unready' ? 'not Ready' : reason}`, node: planned, state: 'skipped', note: 'left out' };
}

/** Contract 1 and 2 rest on which control-plane nodes and members there are. */
function judgeControlPlane(planned: PlannedNode, { state, isBusy }: AmendableNode, now: PlannedNode): NodeVerdict {
  const { name } = planned;
  const moved = [...identity(planned, now), ...differs('roles', planned.roles.join(','), now.roles.join(','))];
  if (moved.length > 0) return { kind: 'blocked', line: `${name}: ${moved.join('; ')}` };
  if (isBusy) return SAME;
  if (state === 'done') return now.changes ? { kind: 'blocked', line: `${name}: to be upgraded again, after it was done` } : SAME;
  if (state !== 'pending') return SAME;
  if (!now.changes) return byHand(planned, now);
  const [version] = differs('kubelet', planned.from, now.from);
  if (version !== undefined) return { kind: 'blocked', line: `${name}: ${version}` };
  return judgeRow(planned, now);
}

function judgeBusy({ name, uid, to }: PlannedNode, { state }: AmendableNode, now: PlannedNode): NodeVerdict {
  if (now.uid !== uid) return { kind: 'told', line: `${name}: another machine under this name, while it is ${state === 'held' ? 'held' : 'in flight'}` };
  return state === 'held' && !now.changes ? { kind: 'told', line: `${name}: at ${to} now, while it is held; \`capstan retry ${name}\` finishes it` } : SAME;
}

function judgePending(planned: PlannedNode, now: PlannedNode): NodeVerdict {
  if (!now.changes) return byHand(planned, now);
  const moved = [...identity(planned, now), ...differs('kubelet', planned.from, now.from), ...differs('pool', planned.pool ?? 'none', now.pool ?? 'none')];
  if (moved.length > 0) return { kind: 'grown', line: `${planned.name}: ${moved.join('; ')}`, node: again(now) };
  return judgeRow(planned, now);
}

/** A zone only limits the window, and a person's cordon stays where it is: neither asks for more than was approved. */
function judgeRow(planned: PlannedNode, now: PlannedNode): NodeVerdict {
  const { name, zone, cordoned } = now;
  const moved = [
    ...differs('zone', planned.zone ?? 'none', zone ?? 'none'),
    ...(planned.cordoned === cordoned ? [] : [cordoned ? 'cordoned by a person, and stays so' : 'no longer cordoned by a person']),
  ];
  return moved.length === 0 ? SAME : { kind: 'amended', line: `${name}: ${moved.join('; ')}`, node: { ...planned, zone, cordoned }, state: null, note: null };
}

function byHand(planned: PlannedNode, now: PlannedNode): NodeVerdict {
  const other = planned.uid === now.uid ? '' : ', another machine under this name';
  return { kind: 'amended', line: `${planned.name}: upgraded by hand to ${now.to}${other}`, node: planned, state: 'done', note: 'upgraded by hand' };
}

function identity(planned: PlannedNode, now: PlannedNode): readonly string[] {
  return [
    ...(planned.uid === now.uid ? [] : [`another machine under this name, at ${now.from}`]),
    ...(mayBeSameMachine(planned, now) ? [] : differs('machine', planned.machineId ?? planned.systemUuid ?? '', now.machineId ?? now.systemUuid ?? '')),
    ...differs('address', `${planned.address}:${planned.port}`, `${now.address}:${now.port}`),
  ];
}

function differs(what: string, planned: string, now: string): readonly string[] {
  return planned === now ? [] : [`${what}: was ${planned}, is ${now}`];
}

function again(now: PlannedNode): PlannedNode {
  return { ...now, first: false };
}
