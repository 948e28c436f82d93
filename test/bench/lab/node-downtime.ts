import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { getJson, readApiAccess } from '../../lab/probes.ts';
import type { ApiAccess } from '../../lab/probes.ts';

export interface NodeDowntime {
  readonly node: string;
  /** Time in which the API listed the node as cordoned or not Ready. */
  readonly seconds: number;
}

interface NodeList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly unschedulable?: boolean };
    readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

const LOOK_MS = 500;

/** Looks twice a second, through the load balancer, which nodes take no pods. */
export class DowntimeWatch {
  readonly #downMs = new Map<string, number>();
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  async start(kubeconfig: string): Promise<void> {
    const access = readApiAccess(await readFile(kubeconfig, 'utf8'));
    this.#running = this.#watch(access);
  }

  async stop(): Promise<readonly NodeDowntime[]> {
    this.#stop.abort();
    await this.#running;
    return [...this.#downMs].map(([node, ms]) => ({ node, seconds: ms / 1000 }));
  }

  async #watch(access: ApiAccess): Promise<void> {
    let down: readonly string[] = [];
    let lookedAt = performance.now();
    while (!this.#stop.signal.aborted) {
      // A look that fails tells nothing: what was seen before holds until the next one.
      const list = await getJson<NodeList>(access, '/api/v1/nodes').catch(() => null);
      const now = performance.now();
      for (const name of down) this.#downMs.set(name, (this.#downMs.get(name) ?? 0) + now - lookedAt);
      lookedAt = now;
      if (list !== null) {
        for (const { metadata } of list.items) if (!this.#downMs.has(metadata.name)) this.#downMs.set(metadata.name, 0);
        down = list.items.filter((node) => node.spec.unschedulable === true || !isReady(node)).map((node) => node.metadata.name);
      }
      await delay(LOOK_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }
}

function isReady(node: NodeList['items'][number]): boolean {
  return node.status.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
}
