import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { addonLosses } from '../../activities/preflight/replaced/addon-losses.ts';

/** Printed by `kubeadm init phase addon coredns --print-manifest` of v1.33.13. */
const PRINTED = readFileSync(join(import.meta.dirname, 'fixtures/kubeadm/coredns-of-1.33.yaml'), 'utf8');
const LIVE = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/kubeadm/coredns-live.json'), 'utf8'));

/** The workload as the API has it, with its text changed. */
function lost(change: (text: string) => string, texts = { wanted: PRINTED, plain: null as string | null }): readonly string[] {
  return addonLosses('Deployment', 'coredns', JSON.parse(change(JSON.stringify(LIVE))), texts).map(({ what }) => what);
}

test('what the API adds to what kubeadm wrote, and a restart by kubectl, is not a loss', () => {
  assert.deepEqual(lost((text) => text), []);
  assert.deepEqual(lost((text) => text.replace('"template":{"metadata":{', '"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"2026-12-01T00:00:00Z"},')), []);
  assert.deepEqual(lost((text) => text.replace('"replicas":2', '"replicas":5').replace('coredns:v1.12.0', 'coredns:v1.11.3')), []);
});

for (const [name, from, to, losses] of [
  ['resources', '"memory":"170Mi"', '"memory":"1Gi"', ['resources.limits.memory: 1Gi (kubeadm writes 170Mi)']],
  ['a registry', 'registry.k8s.io/', 'mirror.example/', ['the image mirror.example/coredns/coredns:v1.12.0 (kubeadm writes registry.k8s.io/coredns/coredns:v1.12.0)']],
  ['a toleration', '"tolerations":[', '"tolerations":[{"key":"infra","operator":"Exists"},', ['spec.tolerations (kubeadm writes another value)']],
  ['a node selector', '"kubernetes.io/os":"linux"', '"kubernetes.io/os":"linux","infra":"yes"', ['spec.nodeSelector (kubeadm writes another value)']],
  ['an annotation', '"template":{"metadata":{', '"template":{"metadata":{"annotations":{"prometheus.io/scrape":"true"},', ['the annotation prometheus.io/scrape']],
] as const) {
  test(`the upgrade would take ${name} from CoreDNS, unless a patch keeps it`, () => {
    assert.ok(JSON.stringify(LIVE).includes(from));
    assert.deepEqual(lost((text) => text.replace(from, to)), losses);
  });
}

test('what a patch of corednsdeployment sets is not a loss', () => {
  assert.deepEqual(lost((text) => text, { wanted: PRINTED.replace('memory: 170Mi', 'memory: 1Gi'), plain: PRINTED }), []);
});

test('what kubeadm says of patches, before a document that it begins on the line of its marker, is not part of the manifest', () => {
  const said = '[patches] Reading patches from path "/var/lib/capstan/scratch/x/patches"\n[patches] Found the following patch files: [kube-apiserver0+json.yaml]\n';
  assert.deepEqual(lost((text) => text, { wanted: `${said}${PRINTED.replace('---\n', '---')}`, plain: PRINTED }), []);
  assert.deepEqual(lost((text) => text.replace('"memory":"170Mi"', '"memory":"1Gi"'), { wanted: `${said}${PRINTED.replace('---\n', '---')}`, plain: PRINTED }), ['resources.limits.memory: 1Gi (kubeadm writes 170Mi)']);
});

test('a text without the workload is an error', () => {
  assert.throws(() => lost((text) => text, { wanted: 'kind: Service\n', plain: null }), /kubeadm printed no Deployment coredns/);
});
