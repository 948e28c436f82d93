/** Canary secrets in every way out of an activity, through a worker as `capstan worker` has it, over whole upgrades with failures. */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Logger, LogLevel, LogMetadata } from '@temporalio/common';
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { after, before, describe, it } from 'node:test';
import { currentActivity } from '../../activities/activity-context.ts';
import { rememberSecret } from '../../activities/redaction/known-secrets.ts';
import { stepError } from '../../activities/step-error.ts';
import { readReport, readStatus } from '../../client/temporal/read-upgrade.ts';
import { temporalSettings } from '../../client/temporal/settings.ts';
import { readConfiguration } from '../../worker/config.ts';
import { createWorker } from '../../worker/create-worker.ts';
import { redactingLogger } from '../../worker/redacting.ts';
import { upgradeWorkflowId } from '../../workflows/messages.ts';
import type { UpgradeClusterInput } from '../../workflows/messages.ts';
import type { upgradeCluster } from '../../workflows/upgrade-cluster.ts';
import { findSecrets, payloadText } from '../replay/find-secrets.ts';
import { devServer, workflowBundle } from '../support/temporal.ts';
import { until } from '../support/until.ts';
import { fakeCluster, testPlan, testSpec } from '../workflows/fake-cluster.ts';

const CANARY = 'CANARYq9Z';
const KNOWN = `${CANARY}-that-only-its-value-tells`;

/** What programs say with a secret in it. */
const SAID = [
  `Status code: 401 for https://deploy:${CANARY}1@repo.corp/rpm/repomd.xml`, `E: Failed to fetch https://${CANARY}2@repo.corp/deb/InRelease`, `Authorization: Bearer ${CANARY}3`, `> Authorization: Basic ${Buffer.from(`me:${CANARY}4`).toString('base64')}`,
  `kubelogin: password=${CANARY}5 refused`, `{"kind":"ExecCredential","status":{"token":"${CANARY}6"}}`, `apiVersion: v1\nkind: Secret\ndata:\n  db: ${CANARY}7\n`, `    token: |\n      ${CANARY}8\n      ${CANARY}9\n`,
  `kubeadm join --token abcdef.0123456789canary1 --certificate-key ${'c0ffee00'.repeat(8)}`, `-----BEGIN OPENSSH PRIVATE KEY-----\n${CANARY}ten${'A'.repeat(50)}\n-----END OPENSSH PRIVATE KEY-----`, `Unresolved alias: ${KNOWN}`,
  `kubelet[812]: "Unable to register node" err="token=${CANARY}11"`, `banner: db_password: ${CANARY}12`, `aws_secret_access_key = ${CANARY}13`, `{"auths":{"r":{"auth":"${CANARY}14"}}}`,
];
const LEAK = new RegExp(`${CANARY}|${Buffer.from(CANARY).toString('base64').slice(0, 11)}|0123456789canary1|c0ffee00`);

describe('canary secrets', { timeout: 240_000 }, () => {
  let environment: TestWorkflowEnvironment;
  before(async () => {
    rememberSecret(KNOWN);
    environment = await devServer();
  });
  after(() => environment.teardown());

  it('are in no history, status or report of an upgrade that fails with them, heartbeats them and notes them', async () => {
    const histories = await upgrade();
    assert.ok(histories.length >= 4);
    const texts = histories.map((history) => textOf(history));
    for (const text of texts) assert.ok(!LEAK.test(text), text.slice(Math.max(0, text.search(LEAK) - 200), text.search(LEAK) + 100));
    assert.deepEqual(histories.flatMap((history) => findSecrets(history)), []);
    // The words around them are there: what went wrong is still said.
    assert.ok(texts.some((text) => text.includes('[redacted]') && text.includes('repo.corp/rpm/repomd.xml')));
  });

  it('are in no line of the log, in message, fields, errors or causes', () => {
    const lines: string[] = [];
    const write = (level: LogLevel, message: string, meta?: LogMetadata): void => { lines.push(`${level} ${message} ${inspect(meta, { depth: 10 })} ${JSON.stringify(meta)}`); };
    const plain: Logger = {
      log: write, trace: (...line) => { write('TRACE', ...line); }, debug: (...line) => { write('DEBUG', ...line); }, info: (...line) => { write('INFO', ...line); }, warn: (...line) => { write('WARN', ...line); }, error: (...line) => { write('ERROR', ...line); },
    };
    const logger = redactingLogger(plain);
    for (const said of SAID) {
      const error = new Error(said, { cause: stepError('HostStepFailed', said, said) });
      for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) logger[level](said, { error, clientSecret: `${CANARY}x`, nested: { lines: [said] }, kept: 'w1' });
      logger.log('WARN', said, { said });
    }
    assert.equal(lines.length, SAID.length * 6);
    for (const line of lines) assert.ok(!LEAK.test(line), line);
    assert.ok(lines.some((line) => line.includes("kept: 'w1'")));
  });

  /** Every failure is tried again, or its node is skipped, so that the run comes to its end; all histories of it. */
  async function upgrade(): Promise<readonly unknown[]> {
    const plan = testPlan(1, 3, 2);
    const cluster = fakeCluster(plan, (step, node, call) => {
      for (const message of SAID) currentActivity().heartbeat({ message });
      if (step === 'cordonNode' && call === 1) throw stepError('ApiUnreachable', SAID.join('\n'), SAID.join('\n'));
      if (step === 'waitNodeReady' && call === 1) throw new Error(SAID.join('\n'), { cause: new Error(SAID.join('\n')) });
      if (step === 'upgradeKubelet' && node === 'w2') throw stepError('HostStepFailed', SAID.join('\n'), SAID.join('\n'));
    });
    const { uncordonNode } = cluster.activities;
    const activities = { ...cluster.activities, uncordonNode: async (input: Parameters<typeof uncordonNode>[0]) => ({ ...await uncordonNode(input), note: SAID.join('\n') }) };
    const worker = await createWorker(readConfiguration({ CAPSTAN_TASK_QUEUE: 'canaries' }), { connection: environment.nativeConnection, activities, bundlePath: (await workflowBundle()).codePath });
    const ended = worker.run();
    try {
      const settings = temporalSettings({ CAPSTAN_TEMPORAL_ADDRESS: environment.address, CAPSTAN_TASK_QUEUE: 'canaries' }, 'canaries');
      const spec = { ...testSpec(3, 2), name: 'canaries' };
      const args: [UpgradeClusterInput] = [{ spec, plan, by: 'tester@here' }];
      const handle = await environment.client.workflow.start<typeof upgradeCluster>('upgradeCluster', { taskQueue: 'canaries', workflowId: upgradeWorkflowId('canaries'), args });
      await until('w2 is held', async () => (await readStatus(environment.client, settings, 'canaries')).nodes.some(({ name, state }) => name === 'w2' && state === 'held'));
      await handle.signal('skipNode', { node: 'w2', by: 'tester@here' });
      assert.equal((await handle.result()).state, 'done');
      const shown = [await readStatus(environment.client, settings, 'canaries'), await readReport(environment.client, settings, 'canaries')];
      const histories: unknown[] = [];
      for await (const { workflowId, runId } of environment.client.workflow.list()) histories.push(await environment.client.workflow.getHandle(workflowId, runId).fetchHistory());
      return [...histories.map((history) => plainOf(history)), ...shown];
    } finally {
      worker.shutdown();
      await ended;
    }
  }
});

/** Bytes as base64, as a history in JSON has them. */
function plainOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, inner: unknown) => (isBytes(inner) ? Buffer.from(Object.values(inner)).toString('base64') : inner)));
}

function isBytes(value: unknown): value is Readonly<Record<string, number>> {
  if (value instanceof Uint8Array) return true;
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
}

/** All text of a history: payloads unpacked. */
function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return payloadText(value) ?? Object.values(value).map(textOf).join('\n');
}
