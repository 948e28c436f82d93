import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { DEFAULT_TASK_QUEUE } from '../workflows/messages.ts';
import { placesOf, stateFolderOf } from './places.ts';
import type { Places } from './temporal/find-program.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a worker is told, from the environment alone. */
export interface Configuration {
  readonly temporal: TemporalAccess;
  readonly taskQueue: string;
  /** Folder for etcd snapshots and the embedded server's state. */
  readonly stateFolder: string;
  readonly places: Places;
  /**
   * Activities at the same time. Each is mostly waiting for a host or an API, a drain for hours: fewer than there are nodes in
   * flight would let a node that is Ready wait for its uncordon.
   */
  readonly concurrency: number;
  /** Null takes part in no Worker Versioning. */
  readonly version: WorkerVersion | null;
  readonly logLevel: LogLevel;
}

/** Version of a worker deployment: what begins on it stays on it. */
export interface WorkerVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

export interface TemporalAccess {
  readonly address: string;
  /** False where the address is only the default. */
  readonly addressGiven: boolean;
  readonly namespace: string;
  readonly apiKey: string | null;
  /** Null speaks plain text. */
  readonly tls: TlsFiles | null;
}

/** Files, read when the worker connects. */
export interface TlsFiles {
  readonly cert: string | null;
  readonly key: string | null;
  readonly ca: string | null;
  readonly serverName: string | null;
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const DEFAULT_ADDRESS = '127.0.0.1:7233';

const DEFAULT_DEPLOYMENT = 'capstan';

// Temporal joins both with a dot or a colon, and keeps names that begin with two underscores for itself.
const DEPLOYMENT_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;
const BUILD_ID = /^[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}$/;

const schema = z.object({
  CAPSTAN_TEMPORAL_ADDRESS: z.string().regex(/^.+:\d{1,5}$/, 'expected HOST:PORT').optional(),
  CAPSTAN_TEMPORAL_NAMESPACE: z.string().default('default'),
  CAPSTAN_TEMPORAL_TLS: z.enum(['true', 'false'], 'expected true or false').optional(),
  CAPSTAN_TEMPORAL_TLS_CERT: z.string().optional(),
  CAPSTAN_TEMPORAL_TLS_KEY: z.string().optional(),
  CAPSTAN_TEMPORAL_TLS_CA: z.string().optional(),
  CAPSTAN_TEMPORAL_TLS_SERVER_NAME: z.string().optional(),
  CAPSTAN_TEMPORAL_API_KEY: z.string().optional(),
  CAPSTAN_TASK_QUEUE: z.string().default(DEFAULT_TASK_QUEUE),
  CAPSTAN_CONCURRENCY: z.coerce.number('expected a whole number').int('expected a whole number').min(1, 'expected 1 or more').max(5000, 'expected 5000 or less').default(500),
  CAPSTAN_BUILD_ID: z.string().regex(BUILD_ID, 'expected at most 100 letters, digits, and ._+-, a letter or digit first').optional(),
  CAPSTAN_DEPLOYMENT_NAME: z.string().regex(DEPLOYMENT_NAME, 'expected at most 100 letters, digits, and _-, a letter or digit first').optional(),
  CAPSTAN_LOG_LEVEL: z.enum(LOG_LEVELS, `expected one of ${LOG_LEVELS.join(', ')}`).default('info'),
});

/** The configuration of this process. */
export function processConfiguration(): Configuration {
  return readConfiguration(process.env);
}

/**
 * Reads the variables that start with `CAPSTAN_`; an empty one counts as not set.
 * @throws Error that names each variable that cannot be used, and what would be right.
 */
export function readConfiguration(environment: Environment): Configuration {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new Error(parsed.error.issues.map((issue) => problem(given, issue.path.join('.'), issue.message)).join('\n'));
  const values = parsed.data;
  return {
    temporal: {
      address: values.CAPSTAN_TEMPORAL_ADDRESS ?? DEFAULT_ADDRESS,
      addressGiven: values.CAPSTAN_TEMPORAL_ADDRESS !== undefined,
      namespace: values.CAPSTAN_TEMPORAL_NAMESPACE,
      apiKey: values.CAPSTAN_TEMPORAL_API_KEY ?? null,
      tls: tlsOf(values),
    },
    taskQueue: values.CAPSTAN_TASK_QUEUE,
    stateFolder: stateFolderOf(environment),
    places: placesOf(environment),
    concurrency: values.CAPSTAN_CONCURRENCY,
    version: versionOf(values),
    logLevel: values.CAPSTAN_LOG_LEVEL,
  };
}

function problem(given: Environment, variable: string, message: string): string {
  return `${variable}=${given[variable] ?? ''}: ${message}. Next: correct or unset it in the worker's environment.`;
}

function versionOf({ CAPSTAN_BUILD_ID: buildId, CAPSTAN_DEPLOYMENT_NAME: deploymentName }: z.infer<typeof schema>): WorkerVersion | null {
  if (buildId !== undefined) return { deploymentName: deploymentName ?? DEFAULT_DEPLOYMENT, buildId };
  if (deploymentName === undefined) return null;
  throw new Error('CAPSTAN_DEPLOYMENT_NAME is set without CAPSTAN_BUILD_ID, and says nothing alone. Next: set both or none.');
}

function tlsOf(values: z.infer<typeof schema>): TlsFiles | null {
  const cert = values.CAPSTAN_TEMPORAL_TLS_CERT ?? null;
  const key = values.CAPSTAN_TEMPORAL_TLS_KEY ?? null;
  if ((cert === null) !== (key === null)) {
    throw new Error('CAPSTAN_TEMPORAL_TLS_CERT and CAPSTAN_TEMPORAL_TLS_KEY go together, and only one is set. Next: set both or none.');
  }
  const ca = values.CAPSTAN_TEMPORAL_TLS_CA ?? null;
  const serverName = values.CAPSTAN_TEMPORAL_TLS_SERVER_NAME ?? null;
  const wanted = values.CAPSTAN_TEMPORAL_TLS === 'true' || values.CAPSTAN_TEMPORAL_API_KEY !== undefined;
  return wanted || [cert, ca, serverName].some((part) => part !== null) ? { cert, key, ca, serverName } : null;
}

/** TLS options as both Temporal connections take them. */
export async function tlsOptions(files: TlsFiles) {
  const [crt, key, ca] = await Promise.all([
    readTls('CAPSTAN_TEMPORAL_TLS_CERT', files.cert), readTls('CAPSTAN_TEMPORAL_TLS_KEY', files.key), readTls('CAPSTAN_TEMPORAL_TLS_CA', files.ca),
  ]);
  return {
    ...(crt === null || key === null ? {} : { clientCertPair: { crt, key } }),
    ...(ca === null ? {} : { serverRootCACertificate: ca }),
    ...(files.serverName === null ? {} : { serverNameOverride: files.serverName }),
  };
}

async function readTls(variable: string, file: string | null): Promise<Buffer | null> {
  if (file === null) return null;
  try {
    return await readFile(file);
  } catch (error) {
    throw new Error(`${variable}=${file} cannot be read: ${error instanceof Error ? error.message : String(error)}. Next: name a file that the worker can read.`);
  }
}
