import { ApplicationFailure } from '@temporalio/common';
import { BOOTSTRAP_TOKEN, HIDDEN, hideKnown, isSecretName, redact } from '../../workflows/domain/redact.ts';
import { knownSecrets } from './known-secrets.ts';

/** A chain of causes that is longer is cut: a loop of them must not hold the worker. */
const DEEPEST = 32;
/**
 * Most strings of a result: names of nodes, versions, hashes, paths. They stay, whatever they look like, since plans are carried out by
 * them; but for secrets that the worker has read, and what has the form of a bootstrap token.
 */
const IDENTIFIER = /^[a-z\d][a-z\d./_-]{0,200}$/;

/** A text that leaves the worker, without the secrets in it. Redact first, cut afterwards. */
export function redactedText(text: string): string {
  return redact(text, knownSecrets());
}

/** The end of a text, for messages: it goes into a history, so it is short. */
export function redactedEnd(text: string, characters: number): string {
  return redactedText(text.trim()).slice(-characters);
}

/** The beginning of a text, for messages. */
export function redactedStart(text: string, characters: number): string {
  return redactedText(text).slice(0, characters);
}

/** A result, detail or field of a log line. Names that mean a secret lose their text; an error keeps its class. */
export function redactedValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactedWord(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return HIDDEN;
  if (value instanceof Error) return redactedError(value, depth);
  if (Array.isArray(value)) return value.map((item) => redactedValue(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, typeof inner === 'string' && inner !== '' && isSecretName(name) ? HIDDEN : redactedValue(inner, depth + 1)]));
}

function redactedWord(text: string): string {
  if (!IDENTIFIER.test(text)) return redactedText(text);
  // A password such as `kubernetes` must not change the names that have it in them.
  const known = knownSecrets().filter((secret) => secret === text || /\d/.test(secret));
  return hideKnown(text, known).replaceAll(BOOTSTRAP_TOKEN, HIDDEN);
}

/** The same error with message, stack, details and causes changed in place: who catches it knows it by its class. */
export function redactedError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return redactedValue(error, depth + 1);
  if (depth >= DEEPEST) return new Error(HIDDEN);
  const message = redactedText(error.message);
  const isChangeable = message === error.message || Reflect.set(error, 'message', message);
  if (!isChangeable) return new Error(message);
  if (error.stack !== undefined) Reflect.set(error, 'stack', redactedText(error.stack));
  if (error.cause !== undefined) Reflect.set(error, 'cause', redactedError(error.cause, depth + 1));
  if (error instanceof ApplicationFailure && error.details !== undefined && error.details !== null) Reflect.set(error, 'details', error.details.map((detail) => redactedValue(detail, depth + 1)));
  if (error instanceof AggregateError) Reflect.set(error, 'errors', error.errors.map((inner: unknown) => redactedError(inner, depth + 1)));
  return error;
}
