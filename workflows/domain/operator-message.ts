import type { DecisionKind } from './decision.ts';
import { isObject } from './shape.ts';
import type { Fields } from './shape.ts';
import { undecodableReason } from './undecodable.ts';

/** Who said something, and why. */
export interface Said {
  /** `unknown` where nobody is named. */
  readonly by: string;
  /** Empty where none is given. */
  readonly reason: string;
}

/** A message of a person, read: each field that was not said has its default. */
export type OperatorMessage = Said & (
  | { readonly kind: 'pause'; readonly now: boolean; readonly after: string | null }
  | { readonly kind: 'resume'; readonly ignoreNew: boolean }
  | { readonly kind: 'approve'; readonly planHash: string }
  | { readonly kind: 'skip'; readonly node: string }
  | { readonly kind: 'retry'; readonly node: string; readonly from: string | null; readonly force: boolean }
  | { readonly kind: 'force-drain'; readonly node: string; readonly confirm: string }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'rollback'; readonly scope: string | null; readonly node: string | null; readonly confirm: string }
  | { readonly kind: 'set'; readonly pool: string | null; readonly maxUnavailable: number | string | null; readonly drainTimeout: string | null }
);

export type ReadMessage =
  | { readonly ok: true; readonly message: OperatorMessage }
  /** `node` and who said it as far as they could be read. */
  | ({ readonly ok: false; readonly kind: DecisionKind; readonly node: string | null; readonly refusal: string } & Said);

type FieldKind = 'text' | 'flag' | 'count or text';

const SAID = { by: 'text', reason: 'text' } as const;

/** Fields that each message takes. */
const FIELDS: Readonly<Record<DecisionKind, Readonly<Record<string, FieldKind>>>> = {
  pause: { now: 'flag', after: 'text', ...SAID },
  resume: { ignoreNew: 'flag', ...SAID },
  approve: { planHash: 'text', ...SAID },
  skip: { node: 'text', ...SAID },
  retry: { node: 'text', from: 'text', force: 'flag', ...SAID },
  'force-drain': { node: 'text', confirm: 'text', ...SAID },
  cancel: SAID,
  rollback: { scope: 'text', node: 'text', confirm: 'text', ...SAID },
  set: { pool: 'text', maxUnavailable: 'count or text', drainTimeout: 'text', ...SAID },
};

/** A text is cut here: what people type is kept in the state of the upgrade. */
const LONGEST_TEXT = 300;

const SOMEBODY = 'unknown';

/**
 * Reads a message, which the Web UI lets anybody type: none and `null` count as empty, a field that is null as not said. One with
 * an unknown field, or a field of another kind, is refused with the reason. Never throws: a signal stays in the history, and a
 * handler that failed on it would fail the same for ever.
 */
export function readMessage(kind: DecisionKind, given: unknown): ReadMessage {
  const undecoded = undecodedRefusal(given);
  if (undecoded !== null) return { ok: false, kind, node: null, refusal: undecoded, ...saidOf({}) };
  const fields = fieldsOf(given);
  const refusal = fields === null ? `the message is ${kindOf(given)}, not a JSON object` : problemOf(kind, fields);
  if (refusal !== null || fields === null) return { ok: false, kind, node: textOf(fields ?? {}, 'node'), refusal: refusal ?? '', ...saidOf(fields ?? {}) };
  return { ok: true, message: messageOf(kind, fields) };
}

/** Decisions on a held node, as the update `resolveHold` names them. */
export const RESOLUTIONS = ['retry', 'skip', 'rollback', 'force-drain'] as const satisfies readonly DecisionKind[];
export type Resolution = (typeof RESOLUTIONS)[number];

/** Reads the input of `resolveHold`: the message of its `decision`, whose other fields are those of the signal of that name. */
export function readResolution(given: unknown): ReadMessage {
  if (undecodedRefusal(given) !== null) return readMessage('retry', given);
  const { decision, ...fields } = fieldsOf(given) ?? {};
  const known = RESOLUTIONS.find((resolution) => resolution === decision);
  if (known !== undefined) return readMessage(known, known === 'rollback' ? { scope: 'node', ...fields } : fields);
  return { ok: false, kind: 'retry', node: textOf(fields, 'node'), refusal: `decision is ${typeof decision === 'string' ? decision.slice(0, LONGEST_TEXT) : 'missing'}; it is ${RESOLUTIONS.join(', ')}`, ...saidOf(fields) };
}

/** What was asked for besides the node, as people write it. */
export function detailOf(message: OperatorMessage): string {
  switch (message.kind) {
    case 'pause': return message.after === null ? (message.now ? 'now' : '') : `after ${message.after}`;
    case 'retry': return [message.from === null ? '' : `from ${message.from}`, message.force ? 'force' : ''].filter((part) => part !== '').join(', ');
    case 'set': {
      const prefix = message.pool === null ? '' : `${message.pool}.`;
      return [
        message.maxUnavailable === null ? '' : `${prefix}maxUnavailable=${message.maxUnavailable}`,
        message.drainTimeout === null ? '' : `${prefix}drainTimeout=${message.drainTimeout}`,
      ].filter((part) => part !== '').join(' ');
    }
    case 'rollback': return message.scope === null || message.scope === 'node' ? '' : message.scope;
    case 'resume': return message.ignoreNew ? 'without what grew' : '';
    case 'approve': return message.planHash === '' ? '' : `plan ${message.planHash}`;
    case 'skip':
    case 'force-drain':
    case 'cancel': return '';
  }
}

/** Node that a message is about; null where it is about the upgrade. */
export function nodeOf(message: OperatorMessage): string | null {
  return 'node' in message ? message.node : null;
}

function messageOf(kind: DecisionKind, fields: Fields): OperatorMessage {
  const said = saidOf(fields);
  const node = textOf(fields, 'node') ?? '';
  switch (kind) {
    case 'pause': return { kind, now: fields['now'] === true, after: textOf(fields, 'after'), ...said };
    case 'resume': return { kind, ignoreNew: fields['ignoreNew'] === true, ...said };
    case 'approve': return { kind, planHash: textOf(fields, 'planHash') ?? '', ...said };
    case 'skip': return { kind, node, ...said };
    case 'retry': return { kind, node, from: textOf(fields, 'from'), force: fields['force'] === true, ...said };
    case 'force-drain': return { kind, node, confirm: textOf(fields, 'confirm') ?? '', ...said };
    case 'cancel': return { kind, ...said };
    case 'rollback': return { kind, scope: textOf(fields, 'scope'), node: textOf(fields, 'node'), confirm: textOf(fields, 'confirm') ?? '', ...said };
    case 'set': {
      const { maxUnavailable } = fields;
      return { kind, pool: textOf(fields, 'pool'), maxUnavailable: typeof maxUnavailable === 'number' ? maxUnavailable : textOf(fields, 'maxUnavailable'), drainTimeout: textOf(fields, 'drainTimeout'), ...said };
    }
  }
}

/** Null where the fields are those of the message; otherwise what is wrong. */
function problemOf(kind: DecisionKind, fields: Fields): string | null {
  const known = FIELDS[kind];
  for (const [name, value] of Object.entries(fields)) {
    const wanted = Object.hasOwn(known, name) ? known[name] : undefined;
    if (wanted === undefined) return `unknown field ${name.slice(0, LONGEST_TEXT)}; ${kind} takes ${Object.keys(known).join(', ')}`;
    if (value !== null && value !== undefined && !fits(wanted, value)) return `${name} is ${kindOf(value)}, not a ${wanted}`;
  }
  return null;
}

function fits(wanted: FieldKind, value: unknown): boolean {
  switch (wanted) {
    case 'text': return typeof value === 'string';
    case 'flag': return typeof value === 'boolean';
    case 'count or text': return typeof value === 'string' || typeof value === 'number';
  }
}

function fieldsOf(given: unknown): Fields | null {
  if (given === undefined || given === null) return {};
  return isObject(given) ? { ...given } : null;
}

function undecodedRefusal(given: unknown): string | null {
  const reason = undecodableReason(given);
  return reason === null ? null : `the message cannot be decoded: ${reason}`;
}

function textOf(fields: Fields, name: string): string | null {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value.slice(0, LONGEST_TEXT) : null;
}

function saidOf(fields: Fields): Said {
  return { by: textOf(fields, 'by') ?? SOMEBODY, reason: textOf(fields, 'reason') ?? '' };
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (ArrayBuffer.isView(value)) return 'bytes';
  switch (typeof value) {
    case 'string': return 'a text';
    case 'number': return 'a number';
    case 'boolean': return 'true or false';
    default: return 'an object';
  }
}
