import { Client, Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { compressingCodec } from '../../../codec/compress.ts';
import type { Engine } from './engine.ts';

export interface HistoryFacts {
  /** Runs of workflows, continued ones counted each. */
  readonly runs: number;
  readonly largest: { readonly workflow: string; readonly events: number; readonly bytes: number; readonly replaySeconds: number; readonly replayCpuSeconds: number };
  readonly largestPayload: { readonly workflow: string; readonly event: string; readonly kib: number };
}

interface Run {
  readonly workflowId: string;
  readonly runId: string;
  readonly events: number;
  readonly bytes: number;
}

/** Looks through the histories of the workflows whose id begins with `prefix`, and replays the one with most events. */
export async function historyFacts({ address, bundlePath }: Engine, prefix: string): Promise<HistoryFacts> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection });
    const runs = await listRuns(client, prefix);
    const ordered = runs.toSorted((left, right) => right.events - left.events);
    const longest = ordered[0];
    if (longest === undefined) throw new Error(`no workflow of ${prefix} is in the server's list`);
    const { seconds: replaySeconds, cpuSeconds: replayCpuSeconds } = await replay(client, bundlePath, longest, ordered.at(-1) ?? longest);
    // Payloads are largest where most bytes are; a dozen histories show the largest of them.
    const heaviest = runs.toSorted((left, right) => right.bytes - left.bytes).slice(0, 12);
    return {
      runs: runs.length,
      largest: { workflow: longest.workflowId, events: longest.events, bytes: longest.bytes, replaySeconds, replayCpuSeconds },
      largestPayload: await largestPayload(client, heaviest),
    };
  } finally {
    await connection.close();
  }
}

async function listRuns(client: Client, prefix: string): Promise<readonly Run[]> {
  const runs: Run[] = [];
  for await (const run of client.workflow.list({ query: `WorkflowId STARTS_WITH '${prefix}'` })) {
    runs.push({ workflowId: run.workflowId, runId: run.runId, events: run.historyLength, bytes: run.historySize ?? 0 });
  }
  return runs;
}

async function replay(client: Client, bundlePath: string, longest: Run, shortest: Run): Promise<{ readonly seconds: number; readonly cpuSeconds: number }> {
  const replayOne = async (run: Run): Promise<{ readonly seconds: number; readonly cpuSeconds: number }> => {
    const history = await client.workflow.getHandle(run.workflowId, run.runId).fetchHistory();
    const startMs = performance.now();
    const before = process.cpuUsage();
    await Worker.runReplayHistory({ workflowBundle: { codePath: bundlePath }, replayName: 'bench', dataConverter: { payloadCodecs: [compressingCodec] } }, history, run.workflowId);
    const { user, system } = process.cpuUsage(before);
    return { seconds: (performance.now() - startMs) / 1000, cpuSeconds: (user + system) / 1e6 };
  };
  // The first replay of a process also loads the bundle.
  await replayOne(shortest);
  return replayOne(longest);
}

async function largestPayload(client: Client, runs: readonly Run[]): Promise<HistoryFacts['largestPayload']> {
  let largest = { workflow: '', event: '', kib: 0 };
  for (const run of runs) {
    const history = await client.workflow.getHandle(run.workflowId, run.runId).fetchHistory();
    for (const event of history.events ?? []) {
      const kib = largestIn(event) / 1024;
      if (kib > largest.kib) largest = { workflow: run.workflowId, event: attributesOf(event), kib };
    }
  }
  return largest;
}

function attributesOf(event: object): string {
  return Object.keys(event).find((key) => key.endsWith('Attributes')) ?? '';
}

/** Bytes of the largest payload anywhere in an event. */
function largestIn(value: unknown): number {
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 0;
  return Math.max(0, ...Object.values(value).map(largestIn));
}
