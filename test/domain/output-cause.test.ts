import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { causeOf } from '../../workflows/domain/output-cause.ts';

const CASES: readonly (readonly [name: string, output: string, cause: RegExp, next: RegExp])[] = [
  ['a lock', 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1234 (unattended-upgr)\nE: Unable to acquire the dpkg frontend lock', /^unattended-upgr \(process 1234\) holds the lock .*lock-frontend$/, /stop it/],
  ['an interrupted dpkg', "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem. ", /half configured/, /dpkg --configure -a/],
  ['a full disk while unpacking', 'dpkg: error processing archive /var/cache/apt/archives/kubelet_1.34.4-1.1_amd64.deb (--unpack):\n cannot copy extracted data for \'./usr/bin/kubelet\': failed to write (No space left on device)', /^no room is left on the disk$/, /df -h/],
  ['a full disk for apt', "E: You don't have enough free space in /var/cache/apt/archives/.", /no room is left on the disk \(\/var\/cache\/apt\/archives\/\)/, /df -h/],
  ['a full disk for dnf', 'Error: Transaction test error:\n  At least 12MB more space needed on the / filesystem.', /no room is left on the disk \(\/\)/, /df -h/],
  ['a broken package', 'dpkg: error processing archive /var/cache/apt/archives/kubelet.deb (--unpack):\n dpkg-deb --fsys-tarfile subprocess returned error exit status 2', /^dpkg cannot install \/var\/cache\/apt\/archives\/kubelet\.deb$/, /apt-get clean/],
  ['a damaged package', 'dpkg-deb (subprocess): decompressing archive: lzma error: compressed data is corrupt\nE: Sub-process /usr/bin/dpkg returned an error code (1)', /^the file of a package is damaged: compressed data is corrupt$/, /apt-get clean/],
  ['a missing key', "W: GPG error: https://pkgs.k8s.io: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 234654DA9A296436", /the key 234654DA9A296436/, /key of the repository/],
  ['an unknown package', 'E: Unable to locate package kubeadm', /no package kubeadm$/, /spec\.packages\.repository/],
  ['an unknown version', "E: Version '1.34.9-*' for 'kubelet' was not found", /no package kubelet 1\.34\.9-\*$/, /spec\.target\.version/],
  ['an unknown package of dnf', 'Error: Unable to find a match: kubelet-1.34.9', /no package kubelet-1\.34\.9$/, /spec\.packages/],
  ['a mirror that is away', 'E: Failed to fetch https://pkgs.k8s.io/core:/stable:/v1.34/deb/InRelease  Could not connect', /^https:\/\/pkgs\.k8s\.io\S+ cannot be fetched$/, /proxy/],
  ['a component that does not start', 'error execution phase control-plane: couldn\'t upgrade control plane. kubeadm has tried to recover everything into the earlier state. Errors faced: static Pod hash for component kube-apiserver on Node cp1 did not change after 5m0s: timed out waiting for the condition', /^kube-apiserver did not start .*put the former manifests back$/, /crictl ps -a --name kube-apiserver/],
  ['a check of kubeadm', '[preflight] Some fatal errors occurred:\n\t[ERROR ControlPlaneNodesReady]: there are NotReady control-planes in the cluster: [cp2]\n[preflight] If you know', /kubeadm's check ControlPlaneNodesReady fails: there are NotReady control-planes in the cluster: \[cp2\]$/, /ignorePreflightErrors takes ControlPlaneNodesReady/],
  ['an image', 'error: failed to pull image "registry.k8s.io/pause:3.10": output', /the image registry\.k8s\.io\/pause:3\.10 cannot be pulled/, /registry/],
];

describe('the cause that an output tells', () => {
  for (const [name, output, cause, next] of CASES) {
    it(`is known for ${name}`, () => {
      const known = causeOf(output);
      assert.match(known?.cause ?? '', cause);
      assert.match(known?.next ?? '', next);
    });
  }
  it('is not made up where the words are not known, nor where apt only waits', () => {
    for (const output of ['', 'exit status 1', 'Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 77 (apt)...\nSetting up kubelet (1.34.4-1.1) ...']) assert.equal(causeOf(output), null);
  });
  it('is short, whatever was said', () => {
    fc.assert(fc.property(fc.string({ maxLength: 4_000 }), (words) => {
      const known = causeOf(`[ERROR Port]: ${words.replaceAll('\n', ' ')}`);
      assert.ok((known?.cause.length ?? 0) < 400);
    }));
  });
});
