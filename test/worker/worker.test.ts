import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { devServer } from '../support/temporal.ts';

const main = new URL('../../worker/main.ts', import.meta.url).href;
const health = fileURLToPath(new URL('../../worker/health.ts', import.meta.url));
const MEGABYTE = 1024 * 1024;

let folder: string;
let environment: TestWorkflowEnvironment;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capstan-worker-'));
  environment = await devServer();
});
after(async () => {
  await environment.teardown();
  await rm(folder, { recursive: true });
});

function start(args: readonly string[], taskQueue: string): ChildProcess {
  return spawn(process.execPath, [...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, CAPSTAN_TEMPORAL_ADDRESS: environment.address, CAPSTAN_TASK_QUEUE: taskQueue, CAPSTAN_STATE_DIR: folder },
  });
}

function startWorker(taskQueue: string): ChildProcess {
  return start(['--input-type=module', '-e', `import { runWorker } from '${main}'; await runWorker();`], taskQueue);
}

async function lineWith(child: ChildProcess, words: string): Promise<string> {
  assert.ok(child.stderr !== null);
  const seen: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    if (line.includes(words)) return line;
    seen.push(line);
  }
  throw new Error(`The process ended without "${words}":\n${seen.join('\n')}`);
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

describe('a worker', { timeout: 120_000 }, () => {
  test('says as JSON where it polls, stays under 400 MB, is healthy, and ends cleanly on SIGTERM', async () => {
    const worker = startWorker('polled');
    try {
      const line: unknown = JSON.parse(await lineWith(worker, 'Worker is polling'));
      assert.ok(typeof line === 'object' && line !== null);
      const { level, taskQueue, address } = { level: null, taskQueue: null, address: null, ...line };
      assert.deepEqual({ level, taskQueue, address }, { level: 'info', taskQueue: 'polled', address: environment.address });

      assert.equal(await untilHealthy('polled'), 0);
      if (process.platform === 'linux') assert.ok(await residentBytes(worker.pid) < 400 * MEGABYTE);

      worker.kill('SIGTERM');
      assert.equal(await exitCode(worker), 0);
    } finally {
      worker.kill('SIGKILL');
    }
  });

  test('that does not poll is not healthy', async () => {
    assert.equal(await exitCode(start([health], 'nobody')), 1);
  });

  // The server tells of a poller only a moment after its first poll.
  async function untilHealthy(taskQueue: string): Promise<number | null> {
    for (let tries = 0; tries < 20; tries += 1) {
      if (await exitCode(start([health], taskQueue)) === 0) return 0;
    }
    return 1;
  }
});

async function residentBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
