import type { Resource } from '../resources.ts';

export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

/** A refusal, in the form and the words of the API. Source: staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go. */
export interface Refusal {
  readonly code: number;
  /** Empty where the API gives none. */
  readonly reason: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Seconds for the header Retry-After. */
  readonly retryAfter?: number;
}

/** Thrown by whatever serves a request. */
export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

export function statusBody({ code, reason, message, details }: Refusal): Readonly<Record<string, unknown>> {
  return {
    kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message,
    ...(reason === '' ? {} : { reason }), ...(details === undefined ? {} : { details }), code,
  };
}

/** `deployments.apps`, or `pods` of the core group. */
export function qualified({ group, plural }: Pick<Resource, 'group' | 'plural'>): string {
  return group === '' ? plural : `${plural}.${group}`;
}

function detailsOf(resource: Resource, name: string): Readonly<Record<string, unknown>> {
  return { ...(name === '' ? {} : { name }), ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural };
}

export function notFound(resource: Resource, name: string): Refused {
  return new Refused({ code: 404, reason: 'NotFound', message: `${qualified(resource)} "${name}" not found`, details: detailsOf(resource, name) });
}

export function alreadyExists(resource: Resource, name: string): Refused {
  return new Refused({ code: 409, reason: 'AlreadyExists', message: `${qualified(resource)} "${name}" already exists`, details: detailsOf(resource, name) });
}

export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(resource: Resource, name: string, cause: string): Refused {
  return new Refused({ code: 409, reason: 'Conflict', message: `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${cause}`, details: detailsOf(resource, name) });
}

/** A precondition of a deletion that does not hold: here the API names the kind, not the resource. */
export function failedPrecondition(resource: Resource, name: string, cause: string): Refused {
  const { group, kind } = resource;
  return new Refused({ code: 409, reason: 'Conflict', message: `Operation cannot be fulfilled on ${qualifiedKind(resource)} "${name}": ${cause}`, details: { name, ...(group === '' ? {} : { group }), kind } });
}

/** A path within a group that is served, but to nothing there. */
export function noSuchResource(): Refused {
  return new Refused({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource', details: {} });
}

export function badRequest(message: string): Refused {
  return new Refused({ code: 400, reason: 'BadRequest', message });
}

export function methodNotAllowed(): Refused {
  return new Refused({ code: 405, reason: 'MethodNotAllowed', message: 'the server does not allow this method on the requested resource', details: {} });
}

export function unsupportedMediaType(): Refused {
  return new Refused({ code: 415, reason: 'UnsupportedMediaType', message: '415: Unsupported Media Type', details: {} });
}

export function notAcceptable(accepted: readonly string[]): Refused {
  return new Refused({ code: 406, reason: 'NotAcceptable', message: `406: Not Acceptable\n\nAvailable representations: ${accepted.join(', ')}`, details: {} });
}

/** 410: the version asked for is not kept any more. */
export function expired(message: string): Refused {
  return new Refused({ code: 410, reason: 'Expired', message });
}

export function gone(asked: number, oldest: number): Refused {
  return expired(`too old resource version: ${asked} (${oldest})`);
}

export function forbidden(resource: Resource, name: string, cause: string, causes?: readonly Cause[]): Refused {
  const details = detailsOf(resource, name);
  return new Refused({ code: 403, reason: 'Forbidden', message: `${qualified(resource)} "${name}" is forbidden: ${cause}`, details: causes === undefined ? details : { ...details, causes } });
}

export interface FieldProblem {
  readonly field: string;
  readonly kind: 'Required' | 'Invalid' | 'Forbidden' | 'NotSupported' | 'TooLong';
  /** Value as the message shows it; left out for Required and Forbidden. */
  readonly value?: string;
  readonly message: string;
}

const PROBLEM_WORDS = { Required: 'Required value', Invalid: 'Invalid value', Forbidden: 'Forbidden', NotSupported: 'Unsupported value', TooLong: 'Too long' } as const;

export function invalid(resource: Resource, name: string, problems: readonly FieldProblem[]): Refused {
  const causes = problems.map(({ field, kind, value, message }) => {
    const told = `${PROBLEM_WORDS[kind]}${value === undefined ? '' : `: ${value}`}${message === '' ? '' : `: ${message}`}`;
    return { reason: `FieldValue${kind}`, message: told, field };
  });
  const words = causes.map((cause) => `${cause.field}: ${cause.message}`);
  return new Refused({
    code: 422, reason: 'Invalid',
    message: `${qualifiedKind(resource)} "${name}" is invalid: ${words.length === 1 ? words[0] ?? '' : `[${words.join(', ')}]`}`,
    details: { ...(name === '' ? {} : { name }), ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.kind, causes },
  });
}

function qualifiedKind({ group, kind }: Resource): string {
  return group === '' ? kind : `${kind}.${group}`;
}
