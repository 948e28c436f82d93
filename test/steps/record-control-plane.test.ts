import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createRecordControlPlane } from '../../activities/kubeadm/record-control-plane.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';
import { ETCD_FLAGS, etcdManifest, withEtcd } from './etcd-double.ts';
import { fakeHost } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';
import { plannedNode, UPGRADE } from './inputs.ts';

const RECORD = 'var/lib/capstan/u1/cp1/record';
const INPUT = { upgrade: UPGRADE, nodes: [plannedNode('cp1', 'control-plane')], epochMs: 1 };
const MANIFEST = '/etc/kubernetes/manifests/etcd.yaml';

function host(context: TestContext): FakeHost {
  const made = withEtcd(fakeHost('apt'), { leader: 'cp1', versions: { cp1: '3.5.24' } });
  context.after(() => made.remove());
  made.put('/etc/kubernetes/pki/ca.key', 'secret\n');
  made.put('/etc/kubernetes/tmp/kubeadm-backup-etcd-1/member', 'old\n');
  made.put('/var/lib/kubelet/config.yaml', 'kind: KubeletConfiguration\n');
  return made;
}

const recorderOf = (made: FakeHost) => createRecordControlPlane({ openHosts: async () => made.hosts, now: Date.now });

test('manifests, certificates, the kubelet\'s configuration and etcdutl are kept for root alone, kubeadm\'s own backups are not', async (context) => {
  const made = host(context);

  const result = await runActivity(recorderOf(made), INPUT).result;

  assert.equal(result.changed, true);
  assert.match(result.note, /the way back of cp1 is in \/var\/lib\/capstan\/u1\/NODE\/record/);
  assert.equal(made.read(`/${RECORD}/files/etc/kubernetes/manifests/etcd.yaml`), made.read(MANIFEST));
  assert.equal(made.read(`/${RECORD}/files/etc/kubernetes/pki/ca.key`), 'secret\n');
  assert.equal(made.read(`/${RECORD}/files/var/lib/kubelet/config.yaml`), 'kind: KubeletConfiguration\n');
  assert.deepEqual(readdirSync(join(made.root, RECORD, 'files/etc/kubernetes')).toSorted(), ['manifests', 'pki']);
  assert.deepEqual([statSync(join(made.root, RECORD)).mode & 0o777, statSync(join(made.root, RECORD, 'etcdutl')).mode & 0o777], [0o700, 0o700]);
  assert.match(readFileSync(join(made.root, RECORD, 'files/SHA256SUMS'), 'utf8'), /^[0-9a-f]{64} {2}etc\/kubernetes\/manifests\/etcd\.yaml$/m);
  assert.match(readFileSync(join(made.root, RECORD, 'etcdutl.sha256'), 'utf8'), /^[0-9a-f]{64} {2}etcdutl$/m);
});

test('what was recorded first stays, whatever the node has become since', async (context) => {
  const made = host(context);
  await runActivity(recorderOf(made), INPUT).result;
  const before = made.read(MANIFEST);
  made.put(MANIFEST, etcdManifest(ETCD_FLAGS, '3.6.5-0'));

  const again = await runActivity(recorderOf(made), { ...INPUT, epochMs: 2 }).result;

  assert.equal(again.changed, false);
  assert.equal(made.read(`/${RECORD}/files/etc/kubernetes/manifests/etcd.yaml`), before);
});

test('a record that was cut off is made anew', async (context) => {
  const made = host(context);
  made.put(`/${RECORD}/files.new/half`, 'half\n');

  await runActivity(recorderOf(made), INPUT).result;

  assert.equal(existsSync(join(made.root, RECORD, 'files/half')), false);
  assert.ok(existsSync(join(made.root, RECORD, 'files')));
});

test('a node whose member does not run is not recorded as complete', async (context) => {
  const made = host(context);
  made.set('runs-etcd', null);

  const failure = await failureOf(runActivity(recorderOf(made), INPUT).result);

  assert.match(failure.message, /no etcd process runs on this host/);
  assert.equal(existsSync(join(made.root, RECORD, 'files')), false);
});
