import type { Client } from '@temporalio/client';
import type { Finding } from '../../workflows/domain/check.ts';
import type { CheckId } from '../../workflows/domain/checks.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages.ts';
import type { TemporalSettings } from './settings.ts';
import { noTaker } from './service-errors.ts';
import { hasTaker, liveWorkers } from './workers.ts';

/** Checks of Temporal itself, each a finding of its own; one that cannot be made blocks and says why. */
export async function checkService(client: Client, settings: TemporalSettings): Promise<readonly Finding[]> {
  return Promise.all([
    check('temporal-reachable', () => checkServer(client, settings)),
    check('temporal-namespace', () => checkNamespace(client, settings)),
    check('search-attributes', () => checkSearchAttributes(client, settings)),
    check('worker-polling', () => checkWorker(client, settings)),
  ]);
}

type Outcome = Pick<Finding, 'severity' | 'message' | 'next'>;

async function check(name: CheckId, body: () => Promise<Outcome>): Promise<Finding> {
  try {
    return { check: name, node: null, ...(await body()) };
  } catch (error) {
    const cause = error instanceof Error ? error.message.split('\n')[0] ?? '' : String(error);
    return { check: name, node: null, severity: 'block', message: cause, next: 'check CAPSTAN_TEMPORAL_ADDRESS and what listens there' };
  }
}

async function checkServer(client: Client, { address }: TemporalSettings): Promise<Outcome> {
  const { serverVersion } = await client.workflowService.getSystemInfo({});
  return { severity: 'info', message: `Temporal ${serverVersion ?? ''} answers at ${address}`, next: null };
}

async function checkNamespace(client: Client, { namespace }: TemporalSettings): Promise<Outcome> {
  try {
    await client.workflowService.describeNamespace({ namespace });
    return { severity: 'info', message: `namespace ${namespace} exists`, next: null };
  } catch {
    return {
      severity: 'block', message: `there is no namespace ${namespace}, or this client may not see it`,
      next: `temporal operator namespace create ${namespace}`,
    };
  }
}

async function checkSearchAttributes(client: Client, { namespace }: TemporalSettings): Promise<Outcome> {
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name).filter((name) => !Object.hasOwn(customAttributes ?? {}, name));
  if (missing.length === 0) return { severity: 'info', message: 'search attributes are registered', next: null };
  return {
    severity: 'block', message: `search attributes are not registered: ${missing.join(', ')}`,
    next: `temporal operator search-attribute create --namespace ${namespace} ${missing.map((name) => `--name ${name} --type Keyword`).join(' ')}`,
  };
}

async function checkWorker(client: Client, settings: TemporalSettings): Promise<Outcome> {
  const workers = await liveWorkers(client, settings);
  const { pollers, current } = workers;
  if (pollers.length === 0) {
    return { severity: 'block', message: `no worker polls the task queue ${settings.taskQueue}`, next: 'start one with `capstan worker`' };
  }
  if (!hasTaker(workers)) {
    const { message, next } = noTaker(settings.taskQueue, pollers.map(({ version }) => version), current);
    return { severity: 'block', message, next };
  }
  return { severity: 'info', message: `task queue ${settings.taskQueue} is polled by ${pollers.map(({ identity }) => identity).join(', ')}`, next: null };
}
