import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createUpgradeAddon } from '../../activities/addons/upgrade-addon.ts';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { redactedText } from '../../activities/redaction/redacted.ts';
import { failure, startFakeApi } from '../support/fake-api.ts';
import type { FakeApi, FakeObject } from '../support/fake-api.ts';
import { upgradeRef } from '../support/fake-objects.ts';
import { plannedFile } from '../support/planned-file.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';

const upgradeAddon = createUpgradeAddon({ openKube: createOpenKube(), now: Date.now, rolloutTimeoutMs: 3_000 });

function daemonSet(name: string, image: string, status: object): FakeObject {
  return { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name, namespace: 'kube-system', generation: 2 }, spec: { template: { spec: { containers: [{ name: 'main', image }] } } }, status };
}

const ROLLED_OUT = { observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberReady: 3 };

async function withManifest(text: string, run: (api: FakeApi, file: string) => Promise<void>): Promise<void> {
  const api = await startFakeApi();
  const folder = mkdtempSync(join(tmpdir(), 'capstan-addon-'));
  const file = join(folder, 'addon.yaml');
  writeFileSync(file, text);
  try {
    await run(api, file);
  } finally {
    rmSync(folder, { recursive: true });
    await api.stop();
  }
}

test('kube-proxy is confirmed once its image is at the version and all its pods are updated and Ready', () =>
  withManifest('', async (api) => {
    const input = { upgrade: upgradeRef(api), addon: { name: 'kube-proxy' as const, version: 'v1.34.4' } };
    assert.match((await runActivity(upgradeAddon, input).result).note, /not installed/);
    api.put('daemonsets', daemonSet('kube-proxy', 'registry.k8s.io/kube-proxy:v1.33.13', ROLLED_OUT));
    const running = runActivity(upgradeAddon, input);
    await running.heartbeat(({ message }) => message.includes('its image is registry.k8s.io/kube-proxy:v1.33.13'));
    api.put('daemonsets', daemonSet('kube-proxy', 'registry.k8s.io/kube-proxy:v1.34.4', ROLLED_OUT));
    assert.match((await running.result).note, /rolled out/);
  }));

test('a manifest is applied server-side without force, and its workloads are waited for', () =>
  withManifest('apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: cni, namespace: kube-system}\n---\n# nothing\n', async (api, file) => {
    api.put('daemonsets', daemonSet('cni', 'cni:1', { ...ROLLED_OUT, numberReady: 1 }));
    const seen: string[] = [];
    api.intercept(({ method, query, contentType }) => {
      if (method === 'PATCH') seen.push(`${contentType} ${query.get('fieldManager') ?? ''} ${query.get('force') ?? ''}`);
      return null;
    });
    const input = { upgrade: upgradeRef(api), addon: plannedFile('addon', 'cni', file) };
    const failed = await failureOf(runActivity(upgradeAddon, input).result);
    assert.equal(failed.type, 'AddonFailed');
    assert.match(failed.message, /DaemonSet kube-system\/cni: 3 of 3 pods are updated, 1 Ready/);
    assert.deepEqual(seen, ['application/apply-patch+yaml capstan false']);
    api.intercept(({ method }) => (method === 'PATCH' ? failure(409, 'Conflict', 'Apply failed with 1 conflict: conflict with "helm": .spec.template') : null));
    const conflict = await failureOf(runActivity(upgradeAddon, input).result);
    assert.match(conflict.message, /DaemonSet cni of the add-on cni.*conflict with "helm"/);
  }));

test('a manifest that is missing or broken is named by its path', () =>
  withManifest('kind: [', async (api, file) => {
    const addon = plannedFile('addon', 'cni', '/nowhere/cni.yaml');
    const missing = await failureOf(runActivity(upgradeAddon, { upgrade: upgradeRef(api), addon }).result);
    assert.deepEqual([missing.type, /spec\.addons\[cni\]\.manifest\.file/.test(missing.message)], ['FileMissing', true]);
    const broken = await failureOf(runActivity(upgradeAddon, { upgrade: upgradeRef(api), addon: plannedFile('addon', 'cni', file) }).result);
    assert.deepEqual([broken.type, broken.message.includes(file)], ['SpecInvalid', true]);
  }));

function manifest(name: string): string {
  return `apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: ${name}, namespace: kube-system}\n`;
}

test('a manifest that is not what was approved is not applied, and both digests are named', () =>
  withManifest(manifest('cni'), async (api, file) => {
    const addon = plannedFile('addon', 'cni', file);
    writeFileSync(file, manifest('backdoor'));
    let applied = 0;
    api.intercept(({ method }) => {
      if (method === 'PATCH') applied += 1;
      return null;
    });
    const failed = await failureOf(runActivity(upgradeAddon, { upgrade: upgradeRef(api), addon }).result);
    assert.equal(failed.type, 'FileMoved');
    assert.match(failed.message, /^spec\.addons\[cni\]\.manifest\.file: .*the manifest of add-on cni .*: was 82 bytes, SHA-256 [0-9a-f]{64}, is 87 bytes, SHA-256 [0-9a-f]{64}\./);
    assert.equal(applied, 0);
    writeFileSync(file, manifest('cni'));
    api.put('daemonsets', daemonSet('cni', 'cni:1', ROLLED_OUT));
    assert.match((await runActivity(upgradeAddon, { upgrade: upgradeRef(api), addon }).result).note, /1 objects applied/);
    assert.equal(applied, 1);
  }));

test('no value of a Secret is in what is said of it, whatever the API answers', () =>
  withManifest('', async (api, file) => {
    const secret = 'CANARYaddon9x';
    writeFileSync(file, `apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData:\n  host: db.example.com\n  anything: ${secret}\ndata:\n  other: ${Buffer.from(`${secret}-encoded`).toString('base64')}\n`);
    const answers = [`Secret "db" is invalid: data[x]: Invalid value: "${secret}": too long`, `Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 4, error found in #10 byte of ...|${secret}|...`, `unknown field ${secret}-encoded`, `admission webhook denied the request: ${Buffer.from(secret).toString('base64')}`];
    for (const message of answers) {
      api.intercept(({ method }) => (method === 'PATCH' ? failure(422, 'Invalid', message) : null));
      const failed = await failureOf(runActivity(upgradeAddon, { upgrade: upgradeRef(api), addon: plannedFile('addon', 'db', file) }).result);
      assert.equal(failed.type, 'AddonFailed');
      assert.ok(!/CANARYaddon|Q0FOQVJZ/.test(`${failed.message}${failed.next}`), failed.message);
      assert.match(failed.message, /Secret db of the add-on db/);
    }
    assert.equal(redactedText(`db.example.com says ${secret}-encoded`), 'db.example.com says [redacted]');
  }));

test('a manifest whose aliases stand for too much is permanent, and no part of a broken one is quoted', () =>
  withManifest('', async (api, file) => {
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]', ...Array.from({ length: 9 }, (_, index) => `a${index + 1}: &a${index + 1} [${Array.from({ length: 10 }, () => `*a${index}`).join(', ')}]`)].join('\n');
    for (const text of [bomb, 'stringData:\n  password: *CANARYPW', 'stringData:\n  password: |CANARYPW', 'stringData: {password: CANARYPW']) {
      writeFileSync(file, text);
      const failed = await failureOf(runActivity(upgradeAddon, { upgrade: upgradeRef(api), addon: plannedFile('addon', 'x', file) }).result);
      assert.deepEqual([failed.type, failed.permanent], ['SpecInvalid', true]);
      assert.ok(!failed.message.includes('CANARYPW'), failed.message);
    }
  }));
