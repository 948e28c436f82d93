import type { Route } from './route.ts';
import { badRequest } from './status.ts';

/** A request about a resource, read. */
export interface ResourceRequest {
  readonly method: string;
  readonly route: Route;
  readonly query: URLSearchParams;
  /** Null where there is none. */
  readonly body: unknown;
  readonly contentType: string;
  readonly userAgent: string;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The JSON of a body. @throws Refused with the complaint where it is none. */
export function parseBody(text: string, complaint: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest(complaint);
  }
}

/** `dryRun=All`: everything is decided, nothing is kept. */
export function isDryRun(query: URLSearchParams): boolean {
  return query.getAll('dryRun').includes('All');
}

/** Who writes, for `managedFields`: as told, or the first part of the user agent. */
export function managerOf({ query, userAgent }: ResourceRequest): string {
  return query.get('fieldManager') ?? (userAgent.split('/')[0] || 'unknown');
}
