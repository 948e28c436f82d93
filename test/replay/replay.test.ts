import { DeterminismViolationError } from '@temporalio/workflow';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import type { ReplayWorkerOptions } from '@temporalio/worker';
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import { CONVERTER, workflowBundle } from '../support/temporal.ts';

const FOLDER = new URL('histories/', import.meta.url);

async function history(file: string): Promise<{ events: Record<string, unknown>[] }> {
  return JSON.parse(await readFile(new URL(file, FOLDER), 'utf8'));
}

describe('replay', { timeout: 120_000 }, async () => {
  let options: ReplayWorkerOptions;
  before(async () => { options = { workflowBundle: await workflowBundle(), replayName: 'replay', dataConverter: CONVERTER }; });

  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.json'));

  it('has histories to replay', () => {
    assert.ok(files.length >= 5);
  });

  for (const file of files) {
    it(`an upgrade that was under way goes on with this code: ${file}`, async () => {
      await Worker.runReplayHistory(options, historyFromJSON(await history(file)));
    });
  }

  it('catches code that no longer does what a history says', async () => {
    const broken = await history('upgrade-node-w3.json');
    for (const event of broken.events) {
      const attributes = event['activityTaskScheduledEventAttributes'];
      if (isScheduled(attributes) && attributes.activityType.name === 'drainNode') attributes.activityType.name = 'rebootNode';
    }
    await assert.rejects(Worker.runReplayHistory(options, historyFromJSON(broken)), DeterminismViolationError);
  });
});

function isScheduled(value: unknown): value is { activityType: { name: string } } {
  return typeof value === 'object' && value !== null && 'activityType' in value;
}
