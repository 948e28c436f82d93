import { ApplicationFailure } from '@temporalio/common';
import { failureTypeOf, stepError } from '../step-error.ts';
import type { Failure } from '../../workflows/domain/failure.ts';
import type { Status } from './objects.ts';

/** What a refusal is about. */
export interface Refused {
  readonly method: string;
  readonly path: string;
  /** Resource in words; default is the path. */
  readonly about?: string;
}

/** What the answers of one API server mean. */
export interface Refusals {
  /** Throws where the status is a failure: 401, 403, 429 and 5xx. */
  check(request: Refused, status: number, refusal: Status): void;
  forbidden(request: Refused, refusal: Status): Error;
  unreachable(request: Refused, cause: string): Error;
}

/**
 * What an API server says while its caches of roles and namespaces are not filled: for some seconds after each start, thus in the
 * middle of every step on a control-plane node.
 */
const STARTING = /\bRBAC: |not yet ready to handle request/;

export function createRefusals(server: string): Refusals {
  /** Verbs and resources that were allowed once: a server that forbids them now has not read its roles yet. */
  const allowed = new Set<string>();

  function forbidden(request: Refused, refusal: Status): Error {
    const about = request.about ?? request.path;
    const verb = verbOf(request.method);
    const message = `The API at ${server} forbids ${verb} ${about}${saidOf(refusal)}.`;
    const next = `Give the kubeconfig's user the right to ${verb} ${about}; \`kubectl auth can-i --list\` shows what it has.`;
    if (!STARTING.test(refusal.message ?? '') && !allowed.has(kindOf(request))) return stepError('ApiForbidden', message, next);
    const failure: Failure = { type: 'ApiForbidden', message, next };
    return ApplicationFailure.create({ message, type: failure.type, nonRetryable: false, details: [failure] });
  }

  function unreachable(request: Refused, cause: string): Error {
    return stepError('ApiUnreachable', `The API at ${server} did not serve ${verbOf(request.method)} ${request.about ?? request.path}: ${cause}.`, `Check with \`kubectl --server ${server} get --raw /readyz\`. The step is tried again by itself.`);
  }

  return {
    check(request, status, refusal) {
      if (status === 401) {
        throw stepError('ApiForbidden', `The API at ${server} does not accept the credentials of the kubeconfig (401) for ${verbOf(request.method)} ${request.about ?? request.path}${saidOf(refusal)}.`, 'Check that the certificate or token in the file that spec.access.kubeconfig names is current.');
      }
      if (status === 403) throw forbidden(request, refusal);
      if (status === 429 || status >= 500) throw unreachable(request, `status ${status}${saidOf(refusal)}`);
      // Rights are looked at first: an object that is not there was allowed to be read.
      allowed.add(kindOf(request));
    },
    forbidden,
    unreachable,
  };
}

/** A refusal that an API server gives while it starts: worth another try. */
export function mayBeStarting(error: unknown): boolean {
  return failureTypeOf(error) === 'ApiForbidden' && error instanceof ApplicationFailure && error.nonRetryable !== true;
}

/** The same refusal once it has lasted for longer than any start. */
export function lasting(error: unknown): unknown {
  if (!mayBeStarting(error) || !(error instanceof ApplicationFailure)) return error;
  return ApplicationFailure.create({ message: error.message, type: 'ApiForbidden', nonRetryable: true, ...(error.details ? { details: error.details } : {}) });
}

function saidOf(refusal: Status): string {
  return refusal.message === undefined ? '' : `: ${refusal.message}`;
}

/** Method and resource without names, so that there are few: `GET /api/v1 pods`. */
function kindOf({ method, path }: Refused): string {
  const segments = (path.split('?')[0] ?? '').split('/').filter((segment) => segment !== '');
  const groupLength = segments[0] === 'apis' ? 3 : 2;
  const rest = segments.slice(groupLength);
  const [resource = '', name, subresource = ''] = rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(2) : rest;
  return [method, ...segments.slice(0, groupLength), resource, name === undefined ? 'all' : 'one', subresource].join(' ');
}

function verbOf(method: string): string {
  switch (method) {
    case 'GET':
      return 'get';
    case 'POST':
      return 'create';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return 'delete';
    default:
      return method.toLowerCase();
  }
}
