import type { Payload } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function payload(encoding: string | null, data: Uint8Array, more: Readonly<Record<string, Uint8Array>> = {}): Payload {
  return { metadata: { ...(encoding === null ? {} : { encoding: bytes(encoding) }), ...more }, data };
}

export const json = (value: unknown): Payload => payload('json/plain', bytes(typeof value === 'string' ? value : JSON.stringify(value)));

const GZIP = { 'capstan-encoding': bytes('json/plain') };

/** Payloads that nobody can decode: of the Web UI with a codec server, of other SDKs, or typed by hand. */
export const UNDECODABLE: Readonly<Record<string, Payload>> = {
  'of json/protobuf': payload('json/protobuf', bytes('{"by":"me"}'), { messageType: bytes('x') }),
  'of binary/protobuf': payload('binary/protobuf', new Uint8Array([10, 2, 8, 1])),
  'that is encrypted': payload('binary/encrypted', new Uint8Array([1, 2, 3]), { 'encryption-key-id': bytes('k') }),
  'that is not JSON': json('{by: me}'),
  'of JSON that is cut': json('{"by": "m'),
  'without a byte': payload('json/plain', new Uint8Array()),
  'of bytes that are not UTF-8': payload('json/plain', new Uint8Array([0xff, 0xfe, 0x00])),
  'of NaN': json('NaN'),
  'of lists twenty thousand deep': json('['.repeat(20_000)),
  'without metadata': { data: bytes('x') },
  'without an encoding': payload(null, bytes('{}'), { other: bytes('x') }),
  'with an encoding of binary rubbish': payload('\u0000\u001b[31m', bytes('{}')),
  'that claims to be compressed': payload('binary/gzip', bytes('nope'), GZIP),
  'that is compressed, and becomes too large': payload('binary/gzip', gzipSync(Buffer.alloc(8 * 1024 * 1024)), GZIP),
};

/** JSON of this size that is slow to parse for what it costs to send: past the codec's ratio, and within its bound. */
function dense(open: string, close: string, separator: string, mib = 12): Payload {
  const size = mib * 1024 * 1024;
  const pad = randomBytes(size / 80).toString('hex');
  const count = Math.floor((size - pad.length) / (open.length + close.length + separator.length));
  const many = separator === '' ? `${open.repeat(count)}${close.repeat(count)}` : `${open}${close}${separator}`.repeat(count);
  return payload('binary/gzip', gzipSync(`["${pad}",${many}${separator === '' ? '' : '0'}]`), GZIP);
}

/** A few KiB each that become millions of values. */
export const DENSE: Readonly<Record<string, Payload>> = { 'of empty lists': dense('[', ']', ','), 'of empty objects': dense('{', '}', ','), 'of lists in lists': dense('[', ']', '') };

/** Payloads that can be decoded, and are not what any message holds. */
export const ILL_SHAPED: Readonly<Record<string, Payload>> = {
  'that is a text': json('"me"'),
  'that is a number': json('1e999'),
  'that is a list': json([{ by: 'me' }]),
  'that is bytes': payload('binary/plain', new Uint8Array(20_000)),
  'with fields of another kind': json({ by: 7, node: ['w1'], state: 4, step: {}, result: [], nodes: 'all', stopped: 'yes', maxUnavailable: '1', drainTimeoutSeconds: -1, planHash: {} }),
  'with a prototype': json('{"__proto__": {"by": "me"}, "constructor": 1}'),
  'with twenty thousand characters': json({ nobody: 'x'.repeat(20_000) }),
  'with two thousand fields': json(Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`f${index}`, index]))),
  'of a message that cannot be decoded, by hand': json({ 'capstan.dev/undecodable': { a: 1 } }),
};

/** Every signal that a workflow of ours hears, and one that none does. */
export const SIGNALS = ['pause', 'resume', 'skipNode', 'retryNode', 'cancel', 'rollback', 'approve', 'nodeProgress', 'nodeResult', 'restoreProgress', 'nodePolicy', 'forceDrain', 'tellResult', 'unknown'] as const;

/** Signals that persons send: each refused one is a decision. */
export const OF_PERSONS = SIGNALS.slice(0, 7);

export interface Raw {
  readonly signal: (workflowId: string, signalName: string, payloads: readonly Payload[], header?: Readonly<Record<string, Payload>>) => Promise<void>;
  /** Why the update was refused; fails the test where it was not. */
  readonly refusedUpdate: (workflowId: string, name: string, payloads: readonly Payload[]) => Promise<string>;
  readonly start: (workflowType: string, taskQueue: string, payloads: readonly Payload[]) => Promise<string>;
}

/** Calls of the service as anybody can make them, past every client of ours. */
export function rawCalls({ client: { workflowService: service }, client: { options: { namespace } } }: TestWorkflowEnvironment): Raw {
  return {
    signal: async (workflowId, signalName, payloads, header = {}) => {
      await service.signalWorkflowExecution({ namespace, workflowExecution: { workflowId }, signalName, input: { payloads: [...payloads] }, header: { fields: header }, identity: 'anybody' });
    },
    refusedUpdate: async (workflowId, name, payloads) => {
      const { outcome } = await service.updateWorkflowExecution({
        namespace, workflowExecution: { workflowId }, request: { meta: { updateId: crypto.randomUUID(), identity: 'anybody' }, input: { name, args: { payloads: [...payloads] } } },
        // temporal.api.enums.v1.UpdateWorkflowExecutionLifecycleStage: completed
        waitPolicy: { lifecycleStage: 3 },
      });
      const refusal = outcome?.failure?.message;
      if (typeof refusal !== 'string') throw new Error(`the update ${name} was not refused`);
      return refusal;
    },
    start: async (workflowType, taskQueue, payloads) => {
      const workflowId = `raw/${crypto.randomUUID()}`;
      await service.startWorkflowExecution({ namespace, workflowId, workflowType: { name: workflowType }, taskQueue: { name: taskQueue }, input: { payloads: [...payloads] }, requestId: crypto.randomUUID() });
      return workflowId;
    },
  };
}
