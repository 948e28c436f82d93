import { Client, Connection } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import type { UpgradeStatus } from '../../../workflows/domain/status.ts';
import { statusQuery, upgradeWorkflowId } from '../../../workflows/messages.ts';
import type { Stage } from './programs.ts';

// A question a second is what `capstan watch` asks.
const ASK_MS = 1000;

/** Follows an upgrade from outside, over restarts of server and worker. */
export class Follower {
  readonly #stage: Stage;
  readonly #cluster: string;
  #connection: Connection | null = null;

  constructor(stage: Stage, cluster: string) {
    this.#stage = stage;
    this.#cluster = cluster;
  }

  /** The status now; null while server or worker does not answer. */
  async status(): Promise<UpgradeStatus | null> {
    try {
      this.#connection ??= await Connection.connect({ address: this.#stage.address, connectTimeout: '2 seconds' });
      const client = new Client({ connection: this.#connection });
      return await this.#connection.withDeadline(Date.now() + 5_000, () => client.workflow.getHandle(upgradeWorkflowId(this.#cluster)).query(statusQuery));
    } catch {
      await this.close();
      return null;
    }
  }

  /** Waits for a status. @throws Error with the last one seen where the upgrade ended, or was held, otherwise. */
  async until(what: string, wanted: (status: UpgradeStatus) => boolean, limitMs: number): Promise<UpgradeStatus> {
    const deadline = performance.now() + limitMs;
    let last: UpgradeStatus | null = null;
    for (;;) {
      const status = await this.status();
      if (status !== null && wanted(status)) return status;
      last = status ?? last;
      const ended = status !== null && ['held', 'failed', 'cancelled', 'rolled-back', 'done'].includes(status.state);
      if (ended || performance.now() > deadline) throw new Error(`waited for ${what}; the last status was ${JSON.stringify(last, null, 1)}`);
      await delay(ASK_MS);
    }
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    await connection?.close().catch(() => undefined);
  }
}
