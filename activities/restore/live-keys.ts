import type { PlannedNode } from '../../workflows/domain/plan.ts';
import { currentActivity } from '../activity-context.ts';
import { saidByHost } from '../etcd/said-by-host.ts';
import { hostOf } from '../durable-step.ts';
import type { Hosts } from '../hosts/port.ts';
import { SCRIPTS } from '../hosts/scripts/index.ts';
import type { KeyRevisions } from './snapshot-keys.ts';

const LIST_MS = 10 * 60_000;

/** Keys of what is in etcd now, read at one revision through one member. No value leaves the host. Throws where the member does not answer. */
export async function readLiveKeys(hosts: Hosts, node: PlannedNode): Promise<KeyRevisions> {
  const { signal } = currentActivity();
  const revisions = new Map<string, number>();
  const pages = linesInto((page) => addPage(revisions, page));
  const result = await hosts.probe(hostOf(node), SCRIPTS.listKeys, [], { timeoutMs: LIST_MS, signal, onOutput: pages });
  if (result.exitCode !== 0) throw new Error(`${node.name}: ${saidByHost(result.stderr) ?? 'its etcd does not answer'}`);
  return revisions;
}

/** A page of `etcdctl get --keys-only -w json`: keys in base64. */
function addPage(revisions: Map<string, number>, page: string): void {
  if (page.trim() === '') return;
  const value: unknown = JSON.parse(page);
  for (const row of listAt(value, 'kvs')) {
    const [key, revision] = [fieldOf(row, 'key'), fieldOf(row, 'mod_revision')];
    if (typeof key !== 'string' || typeof revision !== 'number') throw new Error('a page of keys cannot be read');
    revisions.set(Buffer.from(key, 'base64').toString('utf8'), revision);
  }
}

/** Calls `take` with each line of a stream, however it is cut. */
function linesInto(take: (line: string) => void): (text: string) => void {
  const parts: string[] = [];
  return (text) => {
    const lines = text.split('\n');
    const [first = '', ...more] = lines;
    parts.push(first);
    for (const line of more) {
      take(parts.join(''));
      parts.splice(0, parts.length, line);
    }
  };
}

function listAt(value: unknown, name: string): readonly unknown[] {
  const found = fieldOf(value, name);
  return Array.isArray(found) ? found : [];
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
