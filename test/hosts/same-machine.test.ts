/** A command runs only on the machine of the node that it is meant for. */
import assert from 'node:assert/strict';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { generate } from 'selfsigned';
import type { HostAddress, Hosts } from '../../activities/hosts/port.ts';
import type { MachineIds } from '../../workflows/domain/node-identity.ts';
import type { SshHost } from '../support/ssh-host.ts';
import { settingOn } from './counting-step.ts';
import { BASH_AS_SH, failureOf, openHost, script, startHost } from './open-host.ts';

const ID = '0123456789abcdef0123456789abcdef';
const OTHER_ID = 'fedcba9876543210fedcba9876543210';
const UUID = '4c4c4544-0042-3510-8048-b4c04f4d3132';
const OTHER_UUID = '4c4c4544-0042-3510-8048-b4c04f4d3133';

interface Made {
  readonly host: SshHost;
  readonly hosts: Hosts;
  readonly as: (machine: MachineIds, name?: string) => HostAddress;
  readonly put: (path: string, text: string) => Promise<void>;
}

async function made(context: TestContext, files: Readonly<Record<string, string>>, doubles: Readonly<Record<string, string>> = {}): Promise<Made> {
  const host = await startHost(context, { name: 'w1', doubles, hasRoot: true });
  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(host.root, 'root', path)), { recursive: true });
    await writeFile(join(host.root, 'root', path), text);
  };
  for (const [path, text] of Object.entries(files)) await put(path, text);
  const hosts = await openHost(context, host, {}, { stateFolder: '/var/lib/capstan' });
  return { host, hosts, put, as: (machine, name = 'w1') => ({ ...host.host, name, machine }) };
}

const ECHO = script('printf ran');

/** Every way in which something runs on a host or is written there. */
function everyCall({ hosts, host }: Made, at: HostAddress): Readonly<Record<string, () => Promise<unknown>>> {
  const { step } = settingOn(host, 'u1');
  return {
    probe: () => hosts.probe(at, ECHO, []),
    runStep: () => hosts.runStep(at, { ...step, node: 'w1' }),
    claimStep: () => hosts.claimStep(at, { ...step, node: 'w1' }),
    readOutput: () => hosts.readOutput(at, { ...step, node: 'w1' }),
    upload: () => hosts.upload(at, '/root/file', Buffer.from('text')),
    download: () => hosts.download(at, '/etc/machine-id', join(host.root, 'copy')),
  };
}

for (const [shell, doubles] of [['sh', {}], ['bash', BASH_AS_SH]] as const) {
  test(`nothing runs on, is written to or read from a host with another machine id (${shell})`, async (context) => {
    const here = await made(context, { '/etc/machine-id': `${OTHER_ID}\n` }, doubles);
    for (const [name, call] of Object.entries(everyCall(here, here.as({ machineId: ID, systemUuid: null })))) {
      const failure = await failureOf(call());
      assert.equal(failure.type, 'HostIsNotNode', name);
      assert.match(failure.message, new RegExp(`^w1 \\(127\\.0\\.0\\.1:\\d+\\): the host there has the machine id ${OTHER_ID}, and node w1 reports ${ID} \\(status\\.nodeInfo\\.machineID\\): it is another machine, and nothing was run on it\\.$`), name);
      assert.match(failure.next ?? '', /^Correct the address of w1 \(spec\.nodes, or what the node reports\)/);
    }
    assert.deepEqual(await here.host.journal(), []);
    for (const path of ['/root/file', '/var/lib/capstan']) await assert.rejects(access(join(here.host.root, 'root', path)), path);
  });

  test(`everything runs on the machine of the node (${shell})`, async (context) => {
    const here = await made(context, { '/etc/machine-id': ID, '/sys/class/dmi/id/product_uuid': `${UUID}\n` }, doubles);
    for (const machine of [{ machineId: ID, systemUuid: null }, { machineId: ID.toUpperCase(), systemUuid: null }, { machineId: ID, systemUuid: UUID.toUpperCase() }, { machineId: null, systemUuid: UUID }]) {
      for (const [name, call] of Object.entries(everyCall(here, here.as(machine)))) await assert.doesNotReject(call(), `${name} ${JSON.stringify(machine)}`);
    }
    assert.equal((await here.hosts.probe(here.as({ machineId: ID, systemUuid: null }), script('printf %s "$*"'), ['a b', 'c'])).stdout, 'a b c');
  });
}

const REFUSED: readonly { readonly what: string; readonly files: Readonly<Record<string, string>>; readonly machine: MachineIds; readonly says: RegExp }[] = [
  { what: 'a clone of the node with a system UUID of its own', files: { '/etc/machine-id': ID, '/sys/class/dmi/id/product_uuid': OTHER_UUID }, machine: { machineId: null, systemUuid: UUID }, says: /the system UUID 4c4c4544-0042-3510-8048-b4c04f4d3133, and node w1 reports 4c4c4544-0042-3510-8048-b4c04f4d3132 \(status\.nodeInfo\.systemUUID\)/ },
  { what: 'a machine whose UUID differs, whatever its machine id', files: { '/etc/machine-id': ID, '/sys/class/dmi/id/product_uuid': OTHER_UUID }, machine: { machineId: ID, systemUuid: UUID }, says: /the system UUID/ },
  { what: 'a host without a machine id, where only that would prove it', files: {}, machine: { machineId: ID, systemUuid: null }, says: /nothing proves that the host there \(machine id none, system UUID none\) is node w1/ },
  { what: 'a host whose machine id is empty', files: { '/etc/machine-id': '\n' }, machine: { machineId: ID, systemUuid: null }, says: /nothing proves/ },
  { what: 'a host of which nothing is known', files: { '/etc/machine-id': ID }, machine: { machineId: null, systemUuid: null }, says: /the certificate of its kubelet does not name system:node:w1/ },
  { what: 'a host with another machine id in the place of the old systems', files: { '/var/lib/dbus/machine-id': OTHER_ID }, machine: { machineId: ID, systemUuid: null }, says: /has the machine id fedcba/ },
  { what: 'a host whose certificate cannot be read', files: { '/var/lib/kubelet/pki/kubelet-client-current.pem': 'system:node:w1' }, machine: { machineId: null, systemUuid: null }, says: /nothing proves/ },
];

for (const { what, files, machine, says } of REFUSED) {
  test(`refused: ${what}`, async (context) => {
    const here = await made(context, files);
    const failure = await failureOf(here.hosts.probe(here.as(machine), ECHO, []));
    assert.equal(failure.type, 'HostIsNotNode');
    assert.match(failure.message, says);
  });
}

test('where no id proves it, the certificate of the kubelet has to name the very node', async (context) => {
  const here = await made(context, { '/etc/machine-id': ID });
  const unproven: MachineIds = { machineId: null, systemUuid: null };
  await here.put('/var/lib/kubelet/pki/kubelet-client-current.pem', await certificateOf('w1'));
  assert.equal((await here.hosts.probe(here.as(unproven), ECHO, [])).stdout, 'ran');
  for (const other of ['w', 'w10', 'w2', 'cp-w1', '1']) {
    assert.equal((await failureOf(here.hosts.probe(here.as(unproven, other), ECHO, []))).type, 'HostIsNotNode', other);
  }
  const long = `ip-10-0-0-1.${'a'.repeat(40)}.compute.internal`;
  await here.put('/var/lib/kubelet/pki/kubelet-client-current.pem', await certificateOf(long));
  assert.equal((await here.hosts.probe(here.as(unproven, long), ECHO, [])).stdout, 'ran');
  assert.equal((await failureOf(here.hosts.probe(here.as(unproven), ECHO, []))).type, 'HostIsNotNode');
});

test('a host that no plan speaks of is asked whatever it is', async (context) => {
  const here = await made(context, {});
  assert.equal((await here.hosts.probe(here.host.host, ECHO, [])).stdout, 'ran');
});

/** As the kubelet keeps it: the certificate, then its key. */
async function certificateOf(node: string): Promise<string> {
  const { cert, private: key } = await generate([{ name: 'organizationName', value: 'system:nodes' }, { name: 'commonName', value: `system:node:${node}` }], { keySize: 2048 });
  return `${cert.replaceAll('\r\n', '\n').trim()}\n${key.replaceAll('\r\n', '\n').trim()}\n`;
}
