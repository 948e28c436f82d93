import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod } from '../../activities/kubernetes/objects.ts';
import { componentOf, imageTag, isMirrorOf } from '../../activities/observe/static-pods.ts';

function pod(containers: readonly Container[], change: Partial<Pod['metadata']> = {}): Pod {
  return {
    metadata: {
      name: 'p-n1', uid: 'u', resourceVersion: '1', annotations: { 'kubernetes.io/config.mirror': 'x' },
      ownerReferences: [{ kind: 'Node', name: 'n1', uid: 'uid-n1', controller: true }], ...change,
    },
    spec: { nodeName: 'n1', containers }, status: {},
  };
}

const NODE = { metadata: { name: 'n1', uid: 'uid-n1', resourceVersion: '1' } };

const components: readonly (readonly [string, readonly Container[], string | null])[] = [
  ['kubeadm\'s manifest', [{ name: 'kube-apiserver', image: 'registry.k8s.io/kube-apiserver:v1.33.13', command: ['kube-apiserver', '--secure-port=6443'] }], 'kube-apiserver'],
  ['a path as program', [{ name: 'main', image: 'mirror.example:5000/x/y:1', command: ['/usr/local/bin/etcd', '--name=n1'] }], 'etcd'],
  ['a shell that starts it', [{ name: 'c', image: 'x:1', command: ['/bin/sh', '-ec', 'ulimit -n 65536; exec /usr/local/bin/etcd --name n1'] }], 'etcd'],
  ['a container without command', [{ name: 'c', image: 'registry.k8s.io/etcd:3.5.24-0' }], 'etcd'],
  ['an image by digest', [{ name: 'c', image: 'mirror.example:5000/kube-apiserver@sha256:00' }], 'kube-apiserver'],
  ['a sidecar in front', [{ name: 'audit', image: 'fluent-bit:3' }, { name: 'kube-apiserver', image: 'x:1', command: ['kube-apiserver'] }], 'kube-apiserver'],
  ['a backup that uses etcd\'s image', [{ name: 'backup', image: 'registry.k8s.io/etcd:3.5.24-0', command: ['etcdctl', 'snapshot', 'save', '/backup/db'] }], null],
  ['a script over etcd\'s image that starts no member', [{ name: 'defrag', image: 'registry.k8s.io/etcd:3.5.24-0', command: ['/bin/sh', '-c', 'etcdctl defrag --cluster'] }], null],
  ['a load balancer', [{ name: 'kube-vip', image: 'ghcr.io/kube-vip/kube-vip:v1', command: ['/kube-vip', 'manager'] }], null],
];

for (const [what, containers, component] of components) {
  test(`a static pod is what its containers start: ${what}`, () => {
    assert.equal(componentOf(pod(containers)), component);
    // Labels do not count, neither for nor against.
    assert.equal(componentOf(pod(containers, { labels: { component: 'kube-scheduler', tier: 'control-plane' } })), component);
  });
}

test('the version is the one of the component, not of a sidecar in front of it', () => {
  assert.equal(imageTag(pod([{ name: 'audit', image: 'fluent-bit:3' }, { name: 'kube-apiserver', image: 'x/kube-apiserver:v1.33.13', command: ['kube-apiserver'] }])), 'v1.33.13');
});

test('a mirror pod belongs to the node whose kubelet shows it', () => {
  const own = pod([{ name: 'etcd' }]);
  assert.ok(isMirrorOf(own, NODE));
  assert.ok(!isMirrorOf(own, { metadata: { ...NODE.metadata, uid: 'of a former node of the name' } }));
  assert.ok(!isMirrorOf({ ...own, spec: { ...own.spec, nodeName: 'n2' } }, NODE), 'runs elsewhere');
  assert.ok(!isMirrorOf(pod([{ name: 'etcd' }], { annotations: {} }), NODE), 'no mirror');
  assert.ok(!isMirrorOf(pod([{ name: 'etcd' }], { ownerReferences: [{ kind: 'ReplicaSet', name: 'n1', uid: 'uid-n1' }] }), NODE), 'another owner');
});
