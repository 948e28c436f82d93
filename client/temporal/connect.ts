import { Client, Connection } from '@temporalio/client';
import type { TLSConfig } from '@temporalio/client';
import { compressingCodec } from '../../codec/compress.ts';
import { CommandError } from '../command-error.ts';
import { DEFAULT_TASK_QUEUE } from '../../workflows/messages.ts';
import type { UpgradeClient } from './port.ts';
import { CONNECT_TIMEOUT_MS, connectionProblem } from './reachable.ts';
import { serviceError, unreachable } from './service-errors.ts';
import { readTlsFile, temporalSettings } from './settings.ts';
import type { TlsFiles } from './settings.ts';
import { openUpgradeClient } from './upgrade-client.ts';

/** Connects as the environment says, within five seconds. */
export async function connect(environment: Readonly<Record<string, string | undefined>>): Promise<UpgradeClient> {
  const settings = temporalSettings(environment, DEFAULT_TASK_QUEUE);
  const problem = await connectionProblem(settings.address, CONNECT_TIMEOUT_MS, environment);
  if (problem !== null) throw unreachable(settings, problem);
  const tls = settings.tls === null ? false : await tlsConfig(settings.tls);
  try {
    const connection = await Connection.connect({
      address: settings.address, tls, connectTimeout: CONNECT_TIMEOUT_MS,
      // The SDK's own retry sets timers that outlive the connection and then end the process; `upgrade-client.ts` tries again itself.
      interceptors: [],
      ...(settings.apiKey === null ? {} : { apiKey: settings.apiKey }),
    });
    return openUpgradeClient(new Client({ connection, namespace: settings.namespace, dataConverter: { payloadCodecs: [compressingCodec] } }), settings);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    if (/deadline|connect|ECONNREFUSED/i.test(cause)) throw unreachable(settings, 'no connection within 5 s');
    throw serviceError(error, settings);
  }
}

async function tlsConfig(files: TlsFiles): Promise<TLSConfig> {
  const { cert, key, ca, serverName } = files;
  if ((cert === null) !== (key === null)) {
    throw new CommandError('CAPSTAN_TEMPORAL_TLS_CERT and CAPSTAN_TEMPORAL_TLS_KEY go together, and only one is set', { next: 'set both or none' });
  }
  return {
    ...(serverName === null ? {} : { serverNameOverride: serverName }),
    ...(ca === null ? {} : { serverRootCACertificate: await readTlsFile('CAPSTAN_TEMPORAL_TLS_CA', ca) }),
    ...(cert === null || key === null ? {} : {
      clientCertPair: { crt: await readTlsFile('CAPSTAN_TEMPORAL_TLS_CERT', cert), key: await readTlsFile('CAPSTAN_TEMPORAL_TLS_KEY', key) },
    }),
  };
}
