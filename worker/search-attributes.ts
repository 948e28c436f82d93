import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts';

// temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
const KEYWORD = 2;
const USABLE_TIMEOUT_MS = 90_000;
const ASK_MS = 100;

const NAMES: readonly string[] = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name);

/** As flags of the development server. */
export function searchAttributeFlags(): readonly string[] {
  return NAMES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
}

/** Registers the search attributes that a server lacks, and waits until a query may use them. */
export async function ensureSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = NAMES.filter((name) => !Object.hasOwn(customAttributes ?? {}, name));
  if (missing.length > 0) {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])) });
  }
  await untilUsable(connection, namespace);
}

// Servers cache the list of attributes: one that is registered may be refused for a while.
async function untilUsable(connection: Connection, namespace: string): Promise<void> {
  const query = NAMES.map((name) => `${name} = 'none'`).join(' AND ');
  const deadlineMs = performance.now() + USABLE_TIMEOUT_MS;
  for (;;) {
    try {
      await connection.workflowService.countWorkflowExecutions({ namespace, query });
      return;
    } catch (error) {
      if (performance.now() > deadlineMs) throw new Error(`The search attributes ${NAMES.join(', ')} did not become usable in ${USABLE_TIMEOUT_MS / 1000} s: ${String(error)}`);
      await delay(ASK_MS);
    }
  }
}
