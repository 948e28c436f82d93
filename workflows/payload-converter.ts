import { defaultPayloadConverter } from '@temporalio/common';
import type { Payload, PayloadConverter, SerializationContext } from '@temporalio/common';
import { undecodable } from './domain/undecodable.ts';

/**
 * The largest message of ours is a restore's word on its held nodes, some KiB for a hundred; inputs, and results of steps and of
 * children, may have MiB. Whoever may send a message may send dense JSON, `[[],[],…`: this much of it takes the one thread of all
 * workflows some 20 ms to parse, 60 MiB of it half a minute, and again at each replay.
 */
export const MOST_MESSAGE_BYTES = 128 * 1024;

/** Of the workflow that runs; null until its input has been read. Each workflow has its own copy of this module. */
let startedId: string | null = null;

/** From now on what is sent to this workflow is a message. Called when its input has been read; the SDK reads messages when their handlers are set, which is later. */
export function expectMessages(workflowId: string): void {
  startedId = workflowId;
}

/**
 * The payload converter of workflows; the bundle names it, activities and the command line have the SDK's. It never throws on a
 * payload that it gets: a signal stays in the history, and a workflow whose code failed on it would fail the same for ever. What
 * cannot be read becomes a value that says so, see `undecodableReason`: messages refuse it, results and inputs fail on it.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload: (payload, context) => {
    if (isTooLarge(payload, context)) return unreadable(`it has ${payload.data?.length ?? 0} bytes; a message has at most ${MOST_MESSAGE_BYTES}`);
    try {
      return defaultPayloadConverter.fromPayload(payload);
    } catch {
      return unreadable(reasonOf(payload));
    }
  },
};

/** What a step or a child returns belongs to an activity, or to a workflow with another id. */
function isTooLarge({ data }: Payload, context: SerializationContext | undefined): boolean {
  return startedId !== null && context?.type === 'workflow' && context.workflowId === startedId && (data?.length ?? 0) > MOST_MESSAGE_BYTES;
}

function unreadable<T>(reason: string): T {
  return defaultPayloadConverter.fromPayload(defaultPayloadConverter.toPayload(undecodable(reason)));
}

const READ = 'json/plain';

/** The text of the SDK's error quotes what was sent. */
function reasonOf({ metadata }: Payload): string {
  // Written by our codec.
  const problem = textOf(metadata?.['capstan-problem']);
  if (problem !== '') return problem;
  const encoding = textOf(metadata?.['encoding']);
  if (encoding === '') return `its metadata names no encoding; Capstan reads ${READ}`;
  return encoding === READ ? `its encoding is ${READ}, and it is not JSON` : `its encoding is ${encoding}; Capstan reads ${READ}`;
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return String.fromCharCode(...(bytes ?? []).slice(0, 100)).replaceAll(/[^\x20-\x7e]/g, '?');
}
