import { ApplicationFailure, log } from '@temporalio/workflow';
import type { Decision, DecisionKind } from './domain/decision.ts';
import { detailOf, nodeOf, readMessage } from './domain/operator-message.ts';
import type { ReadMessage } from './domain/operator-message.ts';

/** A handler of signals of this kind. A signal has no answer: a refusal is noted in the worker's log as well. */
export function onSignal(kind: DecisionKind, hear: (read: ReadMessage) => Decision): (given: unknown) => void {
  return (given) => {
    const { refusal, node, by } = hear(readMessage(kind, given));
    if (refusal !== null) log.warn('message without effect', { kind, node, by, refusal });
  };
}

/** What is noted of a person's message, refused or not. */
export function decisionOf(read: ReadMessage, refusal: string | null, at: string): Decision {
  const { kind, by, reason } = read.ok ? read.message : read;
  return { at, kind, by, reason, refusal, node: read.ok ? nodeOf(read.message) : read.node, detail: read.ok ? detailOf(read.message) : '' };
}

/** Ends the validator of an update: a refused one has changed nothing. */
export function refuse(refusal: string | null): void {
  if (refusal !== null) throw ApplicationFailure.create({ message: refusal, type: 'DecisionRefused', nonRetryable: true });
}
