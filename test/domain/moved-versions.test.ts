/** A step is refused where the control plane is no longer what its plan was made for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { movedVersions } from '../../workflows/domain/moved-versions.ts';
import type { ControlPlaneVersions, VersionedStep } from '../../workflows/domain/moved-versions.ts';

const TO = 'v1.34.4';

function versions(change: Partial<ControlPlaneVersions> = {}): ControlPlaneVersions {
  return { kubeadmConfig: 'v1.33.13', apiServers: [{ item: 'kube-apiserver of node cp1', version: 'v1.33.13' }], own: 'v1.33.13', manifests: [], ...change };
}

const server = (version: string) => [{ item: 'kube-apiserver of node cp2', version }];
const manifest = (version: string) => [{ item: 'the manifest of kube-scheduler on cp1', version }];

describe('a step of the control plane', () => {
  const refused: readonly (readonly [string, Partial<ControlPlaneVersions>, VersionedStep, string])[] = [
    ['an API server a patch further', { apiServers: server('v1.34.9') }, 'apply', 'kube-apiserver of node cp2 is at v1.34.9, beyond v1.34.4'],
    ['an API server a minor further', { apiServers: server('v1.35.2') }, 'apply', 'kube-apiserver of node cp2 is at v1.35.2, beyond v1.34.4'],
    ['kubeadm-config further', { kubeadmConfig: 'v1.34.5' }, 'apply', 'kubeadm-config is at v1.34.5, beyond v1.34.4'],
    ['a manifest of the host further', { manifests: manifest('v1.34.6') }, 'apply', 'the manifest of kube-scheduler on cp1 is at v1.34.6, beyond v1.34.4'],
    ['the release after a release candidate', { apiServers: server('v1.35.0') }, 'apply', 'kube-apiserver of node cp2 is at v1.35.0, beyond v1.34.4'],
    ['an API server more than a minor behind', { apiServers: server('v1.32.9') }, 'apply', 'kube-apiserver of node cp2 is at v1.32.9, more than a minor below v1.34.4'],
    ['a manifest more than a minor behind', { kubeadmConfig: TO, manifests: manifest('v1.32.1') }, 'node', 'the manifest of kube-scheduler on cp1 is at v1.32.1, more than a minor below v1.34.4'],
    ['another major', { apiServers: server('v2.0.0') }, 'apply', 'kube-apiserver of node cp2 is at v2.0.0, beyond v1.34.4'],
    ['`kubeadm upgrade node` with another version in kubeadm-config', {}, 'node', 'kubeadm-config is at v1.33.13 only, and kubeadm upgrade node takes the version from there'],
    ['the kubelet before the API server of its node', { kubeadmConfig: TO }, 'own-kubelet', 'kube-apiserver of this node is at v1.33.13 only'],
    ['a worker before every API server', { kubeadmConfig: TO, apiServers: [...server(TO), ...server('v1.34.3')] }, 'worker', 'kube-apiserver of node cp2 is at v1.34.3 only'],
    ['a worker beside an API server a minor behind', { kubeadmConfig: TO, apiServers: server('v1.33.13') }, 'worker', 'kube-apiserver of node cp2 is at v1.33.13 only'],
    ['a worker beside an API server that was taken further', { kubeadmConfig: TO, apiServers: server('v1.34.5') }, 'worker', 'kube-apiserver of node cp2 is at v1.34.5, beyond v1.34.4'],
  ];
  for (const [what, change, step, line] of refused) {
    it(`is refused: ${what}`, () => {
      const lines = movedVersions(versions(change), TO, step);
      assert.ok(lines.includes(line), lines.join('\n'));
    });
  }

  const allowed: readonly (readonly [string, Partial<ControlPlaneVersions>, VersionedStep])[] = [
    ['as planned', {}, 'apply'],
    ['again, where kubeadm had done a part', { kubeadmConfig: TO, apiServers: [...server(TO), ...server('v1.33.13')], manifests: manifest(TO) }, 'apply'],
    ['on the second node', { kubeadmConfig: TO, apiServers: [...server(TO), ...server('v1.33.13')] }, 'node'],
    ['of a patch', { apiServers: server('v1.34.1') }, 'apply'],
    ['for the kubelet of its node, others being older', { kubeadmConfig: TO, apiServers: server('v1.33.13'), own: TO }, 'own-kubelet'],
    ['for a worker behind every API server', { kubeadmConfig: TO, apiServers: server(TO), own: null }, 'worker'],
    ['with versions that nobody can read', { kubeadmConfig: null, apiServers: server('latest'), manifests: manifest('') }, 'apply'],
    ['with a build of the vendor', { kubeadmConfig: TO, apiServers: server('v1.34.4+vendor.1') }, 'worker'],
  ];
  for (const [what, change, step] of allowed) {
    it(`goes on: ${what}`, () => assert.deepEqual(movedVersions(versions(change), TO, step), []));
  }

  it('brings no release back to its candidate', () => {
    assert.deepEqual(movedVersions(versions({ apiServers: server('v1.35.0') }), 'v1.35.0-rc.1', 'apply'), ['kube-apiserver of node cp2 is at v1.35.0, beyond v1.35.0-rc.1']);
  });
});
