import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createOpenKube } from '../../activities/kubernetes/open-kube.ts';
import { createReadLog } from '../../activities/logs/read-log.ts';
import type { Hosts } from '../../activities/hosts/port.ts';
import { reachFindings } from '../../activities/preflight/reach-checks.ts';
import { stepError } from '../../activities/step-error.ts';
import { startFakeApi } from '../support/fake-api.ts';
import type { FakeApi } from '../support/fake-api.ts';
import { fakeNode } from '../support/fake-objects.ts';
import { testSpec } from '../workflows/fake-cluster.ts';

const NEVER = (): never => { throw new Error('not asked for'); };

function hostsThat(own: Partial<Hosts>): Hosts {
  return { probe: NEVER, runStep: NEVER, claimStep: NEVER, readOutput: NEVER, download: NEVER, upload: NEVER, ...own };
}

async function withApi(body: (api: FakeApi) => Promise<void>): Promise<void> {
  const api = await startFakeApi();
  try {
    for (const name of ['cp1', 'w1']) api.put('nodes', fakeNode(name));
    await body(api);
  } finally {
    await api.stop();
  }
}

describe('the ways in', { timeout: 60_000 }, () => {
  it('are a finding for the API and one for each host, with the cause and the next step of the one that fails', async () => {
    await withApi(async (api) => {
      const hosts = hostsThat({
        probe: async (host) => {
          if (host.name === 'w1') throw stepError('SudoRefused', 'sudo on w1 asks for a password', 'allow it without one');
          return { exitCode: 0, stdout: '0\n', stderr: '' };
        },
      });
      const findings = await reachFindings({ openKube: createOpenKube(), openHosts: async () => hosts }, { ...testSpec(1, 1), access: api.access });

      assert.deepEqual(findings.map(({ check, severity, node, next }) => [check, severity, node, next]), [
        ['api-reachable', 'info', null, null], ['host-reachable', 'info', 'cp1', null], ['host-reachable', 'block', 'w1', 'allow it without one'],
      ]);
    });
  });

  it('block where commands do not run as root', async () => {
    await withApi(async (api) => {
      const hosts = hostsThat({ probe: async () => ({ exitCode: 0, stdout: '1000\n', stderr: '' }) });
      const findings = await reachFindings({ openKube: createOpenKube(), openHosts: async () => hosts }, { ...testSpec(1, 1), access: api.access });

      assert.deepEqual(findings.filter((finding) => finding.severity === 'block').map((finding) => finding.node), ['cp1', 'w1']);
    });
  });

  it('end at the API where it does not answer: no host is guessed', async () => {
    const api = await startFakeApi();
    await api.stop();
    const findings = await reachFindings({ openKube: createOpenKube(), openHosts: NEVER }, { ...testSpec(1, 1), access: api.access });

    assert.deepEqual(findings.map(({ check, severity }) => [check, severity]), [['api-reachable', 'block']]);
  });
});

describe('a step\'s output', { timeout: 60_000 }, () => {
  it('comes whole in pages under 32 KiB, kubeadm\'s of a worker after its package\'s', async () => {
    await withApi(async (api) => {
      const hosts = hostsThat({ readOutput: async (_, { step }) => (step === 'upgradeKubeadm' ? '€'.repeat(9_000) : 'kubeadm upgrade node\n') });
      const readLog = createReadLog({ openKube: createOpenKube(), openHosts: async () => hosts });
      const spec = { ...testSpec(1, 1), access: api.access };
      const pages: string[] = [];
      for (let offset: number | null = 0; offset !== null; ) {
        const page = await readLog({ spec, upgrade: 'u1', node: 'w1', step: 'upgradeKubeadm', offset });
        assert.ok(Buffer.byteLength(JSON.stringify(page)) < 32 * 1024);
        pages.push(page.text);
        offset = page.next;
      }
      assert.equal(pages.join(''), `${'€'.repeat(9_000)}kubeadm upgrade node\n`);
    });
  });

  it('is refused by name for an unknown node and for a step that runs no command', async () => {
    await withApi(async (api) => {
      const readLog = createReadLog({ openKube: createOpenKube(), openHosts: async () => hostsThat({}) });
      const spec = { ...testSpec(1, 1), access: api.access };
      await assert.rejects(readLog({ spec, upgrade: 'u1', node: 'w9', step: 'stageNode', offset: 0 }), /no node w9/);
      await assert.rejects(readLog({ spec, upgrade: 'u1', node: 'w1', step: 'cordonNode', offset: 0 }), /no output/);
    });
  });
});
