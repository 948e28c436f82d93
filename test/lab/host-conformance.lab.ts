import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { createSshHosts } from '../../activities/hosts/ssh-hosts.ts';
import type { HostAddress, Hosts } from '../../activities/hosts/port.ts';
import type { AccessSpec } from '../../workflows/domain/spec.ts';
import { readFacts } from '../conformance/hosts/facts.ts';
import { runCases } from '../conformance/hosts/run-cases.ts';
import type { Seen } from '../conformance/hosts/run-cases.ts';
import { twinPlace } from '../conformance/hosts/twin-place.ts';
import type { Likeness } from '../conformance/hosts/twin-place.ts';
import { kubectl, labFiles, loadLab, onHost } from './lab.ts';
import type { LabState } from './lab.ts';

const RECORDED = join(import.meta.dirname, '../conformance/hosts/real-hosts');
const KUBELET_BACKUPS = 'ls -d /etc/kubernetes/tmp/kubeadm-kubelet-config* 2> /dev/null || true';

/** The same cases, put to the lab's real hosts and to a twin of the lab: whatever differs is the twin's mistake. */
describe("a twin's hosts answer as real ones do", { timeout: 900_000 }, () => {
  const ssh = createSshHosts();
  let lab: LabState;
  let hosts: Hosts;
  let likeness: Likeness;
  let seen: readonly Seen[];

  function address(name: string): HostAddress {
    const node = lab.plan.nodes.find((each) => each.name === name);
    assert.ok(node !== undefined, name);
    return { name, address: node.address, port: 22 };
  }

  before(async () => {
    lab = await loadLab();
    const { user, bastion } = lab.plan;
    const access: AccessSpec = {
      transport: 'ssh', kubeconfig: { file: labFiles.kubeconfig },
      ssh: { user, port: 22, privateKey: { file: labFiles.privateKey }, knownHosts: { file: labFiles.knownHosts }, bastion: { address: bastion.address, port: 22, user }, become: 'sudo' },
    };
    hosts = await ssh.openHosts(access);
    likeness = await likenessOf(lab);
    const { version, target, planes, workers: [worker = ''] } = likeness;
    const backups = await onHost(lab, worker, KUBELET_BACKUPS);
    const facts = await readFacts(hosts, address, { version, target, repository: lab.plan.packageRepository, worker, planes });
    seen = await runCases({ hosts, address, facts, upgrade: `conformance-${String(Date.now())}`, rootOf: () => '' });
    const left = (await onHost(lab, worker, KUBELET_BACKUPS)).split('\n').filter((folder) => folder !== '' && !backups.split('\n').includes(folder));
    if (left.length > 0) await onHost(lab, worker, `rm -rf ${left.join(' ')}`);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(join(RECORDED, `${version}.json`), `${JSON.stringify({ ...likeness, seen }, null, 2)}\n`);
  });

  after(() => { ssh.close(); });

  for (const way of ['shell', 'recognised'] as const) {
    test(`a twin of the lab (${way})`, async (context: TestContext) => {
      const ofTwin = await runCases(await twinPlace(context, likeness, way));
      const differences = seen.flatMap((real, index) => (JSON.stringify(real) === JSON.stringify(ofTwin[index]) ? [] : [{ real, twin: ofTwin[index] }]));
      assert.deepEqual(differences.map(({ twin }) => twin), differences.map(({ real }) => real));
    });
  }
});

/** The cluster must be at one version: between two, a host's answer depends on where the upgrade stands. */
async function likenessOf(lab: LabState): Promise<Likeness> {
  const versions = new Set((await kubectl(lab, ['get', 'nodes', '-o', 'jsonpath={.items[*].status.nodeInfo.kubeletVersion}'])).split(/\s+/));
  const [version = ''] = versions;
  assert.equal(versions.size, 1, `the lab's nodes are at ${[...versions].join(' and ')}: finish its upgrade first`);
  const named = (role: string): readonly string[] => lab.plan.nodes.filter((node) => node.role === role).map(({ name }) => name);
  return { version, target: lab.plan.target, planes: named('control-plane'), workers: named('worker') };
}
