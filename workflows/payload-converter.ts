import { defaultPayloadConverter } from '@temporalio/common';
import type { Payload, PayloadConverter } from '@temporalio/common';
import { undecodable } from './domain/undecodable.ts';

/**
 * The payload converter of workflows; the bundle names it, activities and the command line have the SDK's. It never throws on a
 * payload that it gets: a signal stays in the history, and a workflow whose code failed on it would fail the same for ever. What
 * cannot be read becomes a value that says so, see `undecodableReason`: messages refuse it, results and inputs fail on it.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload: (payload) => {
    try {
      return defaultPayloadConverter.fromPayload(payload);
    } catch {
      return defaultPayloadConverter.fromPayload(defaultPayloadConverter.toPayload(undecodable(reasonOf(payload))));
    }
  },
};

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
