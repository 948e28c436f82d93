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
import { HOST_STEPS } from '../../workflows/domain/host-steps.ts';

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
  it('comes whole, kubeadm\'s of a worker after its package\'s', async () => {
    await withApi(async (api) => {
      const hosts = hostsThat({ readOutput: async (_, { step }) => (step === 'upgradeKubeadm' ? '€'.repeat(9_000) : 'kubeadm upgrade node\n') });
      const readLog = createReadLog({ openKube: createOpenKube(), openHosts: async () => hosts });
      const spec = { ...testSpec(1, 1), access: api.access };
      assert.equal((await pagesOf(readLog, { spec, upgrade: 'u1', node: 'w1', step: 'upgradeKubeadm' })).join(''), `${'€'.repeat(9_000)}kubeadm upgrade node\n`);
    });
  });

  it('of 8 MiB is read once from its host, in few pages that Temporal takes, and without a secret at the border of two', async () => {
    const line = `${'.'.repeat(97)}password=CANARYlog9x\n`;
    const output = line.repeat(Math.ceil((8 * 1024 * 1024) / line.length));
    let reads = 0;
    const hosts = hostsThat({ readOutput: async () => {
      reads += 1;
      return output;
    } });
    const readLog = createReadLog({ openKube: NEVER, openHosts: async () => hosts });
    const spec = testSpec(1, 1);
    const pages = await pagesOf(readLog, { spec, upgrade: 'u1', node: 'w1', host: { address: '10.0.0.21', port: 22 }, step: 'stageNode' });
    assert.equal(pages.join(''), output.replaceAll('CANARYlog9x', '[redacted]'));
    assert.deepEqual([reads, pages.length < 30], [1, true]);
    for (const page of pages) assert.ok(Buffer.byteLength(page) < 1_500_000);
  });

  it('is found where the plan has the node, or the spec names it, without the API', async () => {
    const asked: unknown[] = [];
    const hosts = hostsThat({ readOutput: async ({ address, port }) => {
      asked.push([address, port]);
      return 'x';
    } });
    const readLog = createReadLog({ openKube: NEVER, openHosts: async () => hosts });
    const spec = testSpec(1, 1);
    const wanted = { upgrade: 'u1', node: 'w1', host: { address: 'fd00::21', port: 2222 }, offset: 0 };
    for (const step of Object.keys(HOST_STEPS)) assert.match((await readLog({ ...wanted, spec, step })).text, /^x+$/);
    await readLog({ ...wanted, spec: { ...spec, nodes: [{ name: 'w1', address: '10.9.9.9', port: 23 }] }, step: 'stageNode' });
    assert.deepEqual([asked[0], asked.at(-1)], [['fd00::21', 2222], ['10.9.9.9', 23]]);
  });

  it('is refused by name for an unknown node and for a step that runs no command', async () => {
    await withApi(async (api) => {
      const readLog = createReadLog({ openKube: createOpenKube(), openHosts: async () => hostsThat({}) });
      const spec = { ...testSpec(1, 1), access: api.access };
      await assert.rejects(readLog({ spec, upgrade: 'u1', node: 'w9', step: 'stageNode', offset: 0 }), /no node w9/);
      await assert.rejects(readLog({ spec, upgrade: 'u1', node: 'w1', step: 'cordonNode', offset: 0 }), /no output/);
      for (const step of ['constructor', 'toString', '__proto__']) await assert.rejects(readLog({ spec, upgrade: 'u1', node: 'w1', step, offset: 0 }), /There is no step/);
    });
  });
});

type ReadLog = ReturnType<typeof createReadLog>;

async function pagesOf(readLog: ReadLog, input: Omit<Parameters<ReadLog>[0], 'offset'>): Promise<readonly string[]> {
  const pages: string[] = [];
  for (let offset: number | null = 0; offset !== null; ) {
    const page = await readLog({ ...input, offset });
    pages.push(page.text);
    offset = page.next;
  }
  return pages;
}
