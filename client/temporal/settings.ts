import { readFile } from 'node:fs/promises';
import { CommandError } from '../command-error.ts';

/** Where Temporal is, from the environment. */
export interface TemporalSettings {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  /** Address of the Web UI without a slash at the end; null where none is known. */
  readonly ui: string | null;
  readonly apiKey: string | null;
  /** Null speaks plain text. */
  readonly tls: TlsFiles | null;
}

export interface TlsFiles {
  readonly cert: string | null;
  readonly key: string | null;
  readonly ca: string | null;
  readonly serverName: string | null;
}

export const DEFAULT_ADDRESS = '127.0.0.1:7233';

/** The Web UI of `capstan dev` listens this many ports above the server. */
const UI_PORT_OFFSET = 1000;

type Environment = Readonly<Record<string, string | undefined>>;

/** TLS is spoken where a certificate, an authority, a server name or an API key is given, or `CAPSTAN_TEMPORAL_TLS` is `true`. */
export function temporalSettings(environment: Environment, defaultTaskQueue: string): TemporalSettings {
  const value = (name: string): string | null => (environment[name] ?? '') === '' ? null : environment[name] ?? null;
  const address = value('CAPSTAN_TEMPORAL_ADDRESS') ?? DEFAULT_ADDRESS;
  const apiKey = value('CAPSTAN_TEMPORAL_API_KEY');
  const tls: TlsFiles = {
    cert: value('CAPSTAN_TEMPORAL_TLS_CERT'), key: value('CAPSTAN_TEMPORAL_TLS_KEY'),
    ca: value('CAPSTAN_TEMPORAL_TLS_CA'), serverName: value('CAPSTAN_TEMPORAL_TLS_SERVER_NAME'),
  };
  const speaksTls = value('CAPSTAN_TEMPORAL_TLS') === 'true' || apiKey !== null || Object.values(tls).some((part) => part !== null);
  return {
    address, apiKey, tls: speaksTls ? tls : null,
    namespace: value('CAPSTAN_TEMPORAL_NAMESPACE') ?? 'default',
    taskQueue: value('CAPSTAN_TASK_QUEUE') ?? defaultTaskQueue,
    ui: (value('CAPSTAN_TEMPORAL_UI') ?? localUi(address))?.replace(/\/+$/, '') ?? null,
  };
}

function localUi(address: string): string | null {
  const match = /^(127\.0\.0\.1|localhost|\[::1\]):(\d+)$/.exec(address);
  return match === null ? null : `http://${match[1]}:${Number(match[2]) + UI_PORT_OFFSET}`;
}

/** Reads a file that a variable names. */
export async function readTlsFile(variable: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const cause = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new CommandError(`${variable} names ${file}, which cannot be read (${cause})`, { next: `give ${variable} a file that you can read, or unset it` });
  }
}
