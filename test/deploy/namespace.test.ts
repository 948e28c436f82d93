import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { placesOf } from '../../worker/places.ts';
import { temporalProgram } from '../../worker/temporal/programs.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../../deploy/temporal/set-up-namespace.sh', import.meta.url));

let folder: string;
let environment: TestWorkflowEnvironment;

before(async () => {
  const path = await temporalProgram(placesOf(process.env), () => {});
  folder = await mkdtemp(join(tmpdir(), 'capstan-namespace-'));
  await symlink(path, join(folder, 'temporal'));
  environment = await TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'existing-path', path }, ui: false, extraArgs: ['--log-level', 'error'] } });
});
after(async () => {
  await environment.teardown();
  await rm(folder, { recursive: true });
});

test('the namespace and its search attributes are set up on a new server, and again without harm', { timeout: 60_000 }, async () => {
  const settings = { PATH: `${folder}:${process.env['PATH'] ?? ''}`, HOME: folder, TEMPORAL_ADDRESS: environment.address, TEMPORAL_NAMESPACE: 'clusters', RETENTION: '90d' };
  await run('/bin/sh', [script], { env: settings });
  await run('/bin/sh', [script], { env: settings });

  const { customAttributes } = await environment.connection.operatorService.listSearchAttributes({ namespace: 'clusters' });
  const names = Object.keys(customAttributes ?? {}).filter((name) => name.startsWith('Capstan'));
  assert.deepEqual(names.toSorted(), ['CapstanCluster', 'CapstanPhase', 'CapstanState', 'CapstanTarget']);
});
