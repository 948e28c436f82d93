import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, defaultPayloadConverter, WorkflowFailedError } from '@temporalio/client';
import type { DescribeWorkflowExecutionResponse } from '@temporalio/client';
import { decodedPayloads } from '../../codec/compress.ts';
import { FAILURES } from '../../workflows/domain/failure.ts';
import type { Failure, FailureType } from '../../workflows/domain/failure.ts';

export type PendingActivity = NonNullable<DescribeWorkflowExecutionResponse['pendingActivities']>[number];
type ProtoFailure = NonNullable<PendingActivity['lastFailure']>;

/** The failure of the table inside what Temporal threw; `Unexpected` where there is none. */
export function failureOfError(error: unknown): Failure {
  if (error instanceof WorkflowFailedError || error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) {
    return error.cause === undefined ? unexpected(error.message) : failureOfError(error.cause);
  }
  if (error instanceof ApplicationFailure) return build(error.type, error.message, error.details?.[0]);
  return unexpected(error instanceof Error ? error.message : String(error));
}

/** The same of a failure as the service describes it. */
export async function failureOfProto(failure: ProtoFailure): Promise<Failure> {
  const info = failure.applicationFailureInfo;
  if (info === null || info === undefined) {
    return failure.cause ? failureOfProto(failure.cause) : unexpected(failure.message ?? 'unknown cause');
  }
  return build(info.type, failure.message ?? '', await decodeFirst(info.details));
}

/** First of some payloads, decoded; undefined where there is none or it cannot be read. */
export async function decodeFirst(payloads: PendingActivity['heartbeatDetails']): Promise<unknown> {
  const [first] = await decodedPayloads(payloads?.payloads?.slice(0, 1) ?? []);
  if (first === undefined) return undefined;
  try {
    return defaultPayloadConverter.fromPayload<unknown>(first);
  } catch {
    return undefined;
  }
}

function build(type: string | null | undefined, message: string, details: unknown): Failure {
  if (!isFailureType(type)) return unexpected(message);
  const next = textOf(details, 'next');
  const path = textOf(details, 'path');
  return { type, message, ...(next === null ? {} : { next }), ...(path === null ? {} : { path }) };
}

function isFailureType(type: string | null | undefined): type is FailureType {
  return type !== null && type !== undefined && Object.hasOwn(FAILURES, type);
}

/** Text under `key` of something decoded; null where it has none. */
export function textOf(value: unknown, key: string): string | null {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
  const found: unknown = Reflect.get(value, key);
  return typeof found === 'string' ? found : null;
}

function unexpected(message: string): Failure {
  return { type: 'Unexpected', message: message.split('\n    at ')[0] ?? message };
}
