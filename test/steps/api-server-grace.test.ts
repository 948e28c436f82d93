import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { until } from '../support/until.ts';
import { controlPlaneHost } from './control-plane-host.ts';
import type { ControlPlaneHost, FakeProcess } from './control-plane-host.ts';

const MANIFEST = 'root/etc/kubernetes/manifests/kube-apiserver.yaml';
const TEXT = '    - --advertise-address=10.0.0.1\n    - --secure-port=6443\n';
const STEP = `
grace_seconds=0
mark=$(manifest_mark kube-apiserver)
: > "$STATE/started"
end_grace "$mark"`;

// As the kernel prints them: 10.0.0.1 is 0100000A, port 6443 is 192B; 01 is an open connection, 0A a listener.
const REST = '00000000:00000000 00:00000000 00000000 0 0';
const HERE = `   1: 0000000000000000FFFF00000100000A:192B 0000000000000000FFFF00000100000A:C001 01 ${REST} 900`;
const HERE_CLIENT = `   1: 0100000A:C001 0100000A:192B 01 ${REST} 901`;
const ELSEWHERE = `   2: 0000000000000000FFFF00000100000A:192B 0000000000000000FFFF00000200000A:C001 01 ${REST} 902`;
const BALANCER = `   3: 0000000000000000FFFF00000100000A:192B 0000000000000000FFFF00000100000A:C009 01 ${REST} 903`;
const BALANCER_CLIENT = `   3: 0100000A:C009 0100000A:192B 01 ${REST} 904`;
const LISTENER = `   0: 00000000000000000000000000000000:192B 00000000000000000000000000000000:0000 0A ${REST} 905`;
const KUBELET = 4_194_306;

interface Made {
  readonly host: ControlPlaneHost;
  readonly server: FakeProcess;
  readonly connections: (tcp: string, tcp6: string) => void;
}

async function leaving(context: TestContext): Promise<Made> {
  const host = controlPlaneHost(context, ['lib-api-server', 'lib-wake-kubelet', 'lib-release-api-server'], {
    awk: 'echo look >> "$STATE/looks"; exec /usr/bin/awk "$@"',
  });
  host.put(MANIFEST, TEXT);
  const server = host.process('kube-apiserver', '--advertise-address=10.0.0.1');
  await host.until('up-kube-apiserver');
  const connections = (tcp: string, tcp6: string): void => {
    host.put(`proc/${server.pid}/net/tcp`, `  sl  local_address rem_address   st\n${tcp}\n`);
    host.put(`proc/${server.pid}/net/tcp6`, `  sl  local_address rem_address   st\n${tcp6}\n`);
  };
  connections('', '');
  host.put('process-kubelet', `${KUBELET}\n`);
  host.show(KUBELET, { name: 'kubelet', cgroup: 'host' });
  host.link(`proc/${KUBELET}/fd/7`, 'socket:[901]');
  return { host, server, connections };
}

test('an old API server that only the components of its node watch is ended before its grace is over', async (context) => {
  const { host, server, connections } = await leaving(context);
  connections(HERE_CLIENT, HERE);
  const step = host.step(STEP);
  await host.until('started');
  assert.equal(server.signals(), 0);
  host.replace(MANIFEST, TEXT);
  await until('the signal', () => server.signals() === 1);
  assert.match(await step.end(), /only components of this node still watch/);
});

function looks(host: ControlPlaneHost): number {
  return existsSync(host.path('looks')) ? readFileSync(host.path('looks'), 'utf8').split('look').length - 1 : 0;
}

for (const { rule, tcp, tcp6 } of [
  { rule: 'takes connections', tcp: HERE_CLIENT, tcp6: `${LISTENER}\n${HERE}` },
  { rule: 'serves another host', tcp: HERE_CLIENT, tcp6: `${HERE}\n${ELSEWHERE}` },
  { rule: 'serves a load balancer on its host', tcp: `${HERE_CLIENT}\n${BALANCER_CLIENT}`, tcp6: `${HERE}\n${BALANCER}` },
]) {
  test(`an old API server that still ${rule} is left until it does not`, async (context) => {
    const { host, server, connections } = await leaving(context);
    connections(tcp, tcp6);
    const step = host.step(STEP);
    await host.until('started');
    host.replace(MANIFEST, TEXT);
    // The second look begins after the first has decided.
    await until('two looks', () => looks(host) >= 2);
    assert.equal(server.signals(), 0);
    connections(HERE_CLIENT, HERE);
    await until('the signal', () => server.signals() === 1);
    await step.end();
  });
}

test('an API server whose connections cannot be read gets no signal', async (context) => {
  const { host, server } = await leaving(context);
  const step = host.step('say "$(clients_of_api_server 4194305)"');
  assert.equal(await step.end(), 'listening\n');
  assert.equal(server.signals(), 0);
});
