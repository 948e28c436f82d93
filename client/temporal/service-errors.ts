import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import type { TemporalSettings } from './settings.ts';
import type { WorkerVersion } from './workers.ts';

// Codes of gRPC. A server that ends or begins answers with any of these but the refusals.
const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
const PERMISSION_DENIED = 7;
const RESOURCE_EXHAUSTED = 8;
const ABORTED = 10;
const INTERNAL = 13;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

/** Code of gRPC inside an error of the SDK, whichever layer wrapped it; null where there is none. */
export function grpcCode(error: unknown): number | null {
  if (typeof error !== 'object' || error === null) return null;
  if ('code' in error && typeof error.code === 'number') return error.code;
  return 'cause' in error ? grpcCode(error.cause) : null;
}

export function unreachable({ address }: Pick<TemporalSettings, 'address'>, cause: string): CommandError {
  return new CommandError(`Temporal does not answer at ${address} (${cause})`, {
    exitCode: EXIT.unreachable,
    next: 'start one with `capstan dev`, or set CAPSTAN_TEMPORAL_ADDRESS to the one that runs',
  });
}

export function noWorker(taskQueue: string, known: string): CommandError {
  return new CommandError(`no worker polls the task queue ${taskQueue}${known}`, {
    exitCode: EXIT.unreachable,
    next: 'start one with `capstan worker`, or `capstan dev` on a machine of your own; CAPSTAN_TASK_QUEUE names another queue',
  });
}

/** Only workers of this version may answer for what began on it. */
export function noWorkerOfVersion(taskQueue: string, version: WorkerVersion, known: string): CommandError {
  return new CommandError(`no worker of version ${versionText(version)} polls the task queue ${taskQueue}${known}`, {
    exitCode: EXIT.unreachable, next: `start one of the release that it began on, with CAPSTAN_DEPLOYMENT_NAME=${version.deploymentName} and CAPSTAN_BUILD_ID=${version.buildId}`,
  });
}

/** Workers poll, and none of them is given what begins now. */
export function noTaker(taskQueue: string, versions: readonly (WorkerVersion | null)[], current: WorkerVersion | null): CommandError {
  const polling = [...new Set(versions.map(versionText))].join(', ');
  const version = versions.find((other) => other !== null);
  const which = version === null || version === undefined
    ? `--deployment-name ${current?.deploymentName ?? ''} --unversioned`
    : `--deployment-name ${version.deploymentName} --build-id ${version.buildId}`;
  return new CommandError(`no worker of the task queue ${taskQueue} takes what begins now: that goes to ${versionText(current)}, and those that poll are ${polling}`, {
    exitCode: EXIT.unreachable, next: `\`temporal worker deployment set-current-version ${which}\`, or start a worker of ${versionText(current)}`,
  });
}

/** As the commands of Temporal show it. */
function versionText(version: WorkerVersion | null): string {
  return version === null ? 'workers without a version' : `${version.deploymentName}.${version.buildId}`;
}

/** What people read of an error of the service; errors for people pass as they are. */
export function serviceError(error: unknown, settings: TemporalSettings): CommandError {
  if (error instanceof CommandError) return error;
  const cause = innermost(error);
  // The SDK has an error of its own for it, without a code.
  if (/^namespace\b.*\bnot found/i.test(cause)) {
    return new CommandError(`Temporal at ${settings.address} has no namespace ${settings.namespace}`, {
      next: `create it with \`temporal operator namespace create ${settings.namespace}\`, or set CAPSTAN_TEMPORAL_NAMESPACE`,
    });
  }
  switch (grpcCode(error)) {
    case CANCELLED:
    case DEADLINE_EXCEEDED:
    case RESOURCE_EXHAUSTED:
    case ABORTED:
    case INTERNAL:
    case UNAVAILABLE:
      return unreachable(settings, cause);
    case PERMISSION_DENIED:
    case UNAUTHENTICATED:
      return new CommandError(`Temporal at ${settings.address} refuses this client (${cause})`, {
        next: 'check CAPSTAN_TEMPORAL_API_KEY, or the files that CAPSTAN_TEMPORAL_TLS_CERT and CAPSTAN_TEMPORAL_TLS_KEY name',
      });
    default:
  }
  if (/search attribute/i.test(cause)) {
    return new CommandError(`Temporal at ${settings.address}, namespace ${settings.namespace}: ${cause}`, { next: 'run `capstan doctor`: it shows the command that registers them' });
  }
  return new CommandError(`Temporal at ${settings.address}: ${cause}`, { next: 'run `capstan doctor`' });
}

function innermost(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return innermost(error.cause);
  const details = 'details' in error && typeof error.details === 'string' ? error.details : '';
  return (details === '' ? error.message : details).split('\n')[0] ?? '';
}
