/** The member is found by what nobody but root decides, and asked where it listens, with its own certificates, by its own tools. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { SCRIPTS } from '../../activities/hosts/scripts/index.ts';
import { STATIC_POD, STATIC_POD_CGROUP } from '../../simulator/hosts/process-files.ts';
import type { ShownProcess } from '../../simulator/hosts/process-files.ts';
import { ETCD_FLAGS, etcdManifest, setEtcd, showEtcd, withEtcd } from './etcd-double.ts';
import { fakeHost } from './fake-host.ts';
import type { FakeHost } from './fake-host.ts';
import { plannedNode } from './inputs.ts';

const MANIFEST = '/etc/kubernetes/manifests/etcd.yaml';
const NODE = plannedNode('cp1', 'control-plane');
const API_POD = 'pod1b4e28ba-2fa1-11d2-883f-0016d3cca427';

function emptyHost(context: TestContext): FakeHost {
  const made = fakeHost('apt');
  context.after(() => made.remove());
  for (const name of ['ca.crt', 'healthcheck-client.crt', 'healthcheck-client.key']) made.put(`/etc/kubernetes/pki/etcd/${name}`, `${name}\n`);
  made.put(MANIFEST, etcdManifest());
  setEtcd(made, { leader: 'cp1', versions: { cp1: '3.5.24' } });
  return made;
}

/** A process whose tools tell that they ran. */
function stranger(made: FakeHost, change: Partial<ShownProcess>): number {
  const pid = showEtcd(made, change, []);
  giveTools(made, pid, 'echo "$0 $*" >> "$STATE/stranger"; echo "{}"');
  return pid;
}

function giveTools(made: FakeHost, pid: number, text: string): void {
  for (const name of ['etcdctl', 'etcdutl']) {
    const file = join(made.root, 'proc', String(pid), 'root/usr/local/bin', name);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
  }
}

const readEtcd = (made: FakeHost) => made.hosts.probe(NODE, SCRIPTS.readEtcd, []);

const STRANGERS: readonly { readonly whose: string; readonly change: Partial<ShownProcess>; readonly says: RegExp }[] = [
  { whose: 'of a local user', change: { user: 65534, cgroup: '/user.slice/user-65534.slice/session-1.scope' }, says: /is not run by user 0 of the host/ },
  { whose: 'of a user who is root in a namespace of their own', change: { ownNamespace: true }, says: /is not run by user 0 of the host/ },
  { whose: 'of a user whose cgroup has the name of a static pod', change: { cgroup: `/user.slice/user-1000.slice/user@1000.service/kubepods/burstable/${STATIC_POD}/1` }, says: /is in no static pod of this kubelet/ },
  { whose: 'of root, in no container', change: { cgroup: 'host' }, says: /is in no static pod/ },
  { whose: 'of a pod from the API', change: { cgroup: `/kubepods/burstable/${API_POD}/5f1c` }, says: /is in no static pod/ },
  { whose: 'of a pod from the API, under systemd', change: { cgroup: `/kubepods.slice/kubepods-${API_POD.replaceAll('-', '_')}.slice/cri-containerd-5f1c.scope` }, says: /is in no static pod/ },
  { whose: 'of a pod from the API that made a cgroup of a static pod\'s name below its own', change: { cgroup: `/kubepods/besteffort/${API_POD}/5f1c/kubepods/${STATIC_POD}` }, says: /is in no static pod/ },
  { whose: 'of another kubelet, in a container of this host', change: { cgroup: `/docker/5f1c/kubepods/burstable/${STATIC_POD}/5f1c` }, says: /is in no static pod/ },
  { whose: 'of another static pod with its own data', change: { args: ['--name=events', '--data-dir=/var/lib/etcd-events', '--initial-advertise-peer-urls=https://10.0.0.1:2382'] }, says: /has another name, data folder or peer URL/ },
  { whose: 'of another static pod with the same data folder in its container', change: { args: [...ETCD_FLAGS.filter((flag) => !flag.startsWith('--initial')), '--initial-advertise-peer-urls=https://10.0.0.1:2382'] }, says: /has another name, data folder or peer URL/ },
];

for (const { whose, change, says } of STRANGERS) {
  test(`an etcd ${whose} is not the member: nothing of it runs, before or behind the member's number`, async (context) => {
    const made = emptyHost(context);
    stranger(made, change);
    showEtcd(made);
    stranger(made, change);

    const result = await readEtcd(made);

    assert.match(result.stdout, /^members \{"header"/m);
    assert.equal(made.get('stranger'), null);
  });

  test(`where the only etcd is one ${whose}, no member runs here, and the message says whose it is`, async (context) => {
    const made = emptyHost(context);
    const pid = stranger(made, change);

    const result = await readEtcd(made);

    assert.equal(result.exitCode, 3);
    assert.match(result.stderr, new RegExp(`no etcd process of this host is the member of ${MANIFEST}: ${pid} \\(etcd --name=`));
    assert.match(result.stderr, says);
    assert.equal(made.get('stranger'), null);
  });
}

test('a program that is root\'s by its mode is not the member', async (context) => {
  const made = emptyHost(context);
  const pid = stranger(made, {});
  made.put(`/proc/${pid}/status`, 'Name:\tetcd\nUid:\t1000\t0\t0\t0\n');
  assert.match((await readEtcd(made)).stderr, /is not run by user 0/);
});

test('two members are named both, and neither is asked', async (context) => {
  const made = emptyHost(context);
  const [one, other] = [stranger(made, {}), stranger(made, {})];
  const result = await readEtcd(made);
  assert.equal(result.exitCode, 3);
  assert.match(result.stderr, new RegExp(`more than one etcd process is the member of ${MANIFEST}: ${one} \\(etcd --name=cp1 .*\\) and ${other} \\(etcd --name=cp1 `));
  assert.equal(made.get('stranger'), null);
});

test('the command line of a stranger cannot speak for the host', async (context) => {
  const made = emptyHost(context);
  stranger(made, { user: 1000, args: ['\nerror: all is well\n\u001b[2J', 'x'.repeat(5000)] });
  const { stderr } = await readEtcd(made);
  assert.deepEqual(stderr.split('\n').filter((line) => line.startsWith('error: ')).length, 1);
  assert.ok(stderr.length < 800, stderr);
  assert.equal(stderr.includes('\u001b'), false);
});

test('a member that its manifest runs as another user is that user\'s, and root\'s is a stranger', async (context) => {
  const made = emptyHost(context);
  made.put(MANIFEST, etcdManifest().replace('spec:\n', 'spec:\n  securityContext:\n    runAsGroup: 3\n    runAsUser: 3001\n'));
  stranger(made, {});
  showEtcd(made, { user: 3001 });
  assert.match((await readEtcd(made)).stdout, /^members \{"header"/m);
  assert.equal(made.get('stranger'), null);
});

for (const { driver, config, cgroup } of [
  { driver: 'cgroupfs', config: '', cgroup: `/kubepods/burstable/${STATIC_POD}/5f1c` },
  { driver: 'cgroupfs, of guaranteed quality', config: '', cgroup: `/kubepods/${STATIC_POD}/5f1c` },
  { driver: 'systemd', config: '', cgroup: STATIC_POD_CGROUP },
  { driver: 'systemd, of guaranteed quality, with CRI-O', config: '', cgroup: `/kubepods.slice/kubepods-${STATIC_POD}.slice/crio-5f1c.scope/container` },
  { driver: 'cgroupfs, below a root of its own', config: 'cgroupRoot: /kubelet\n', cgroup: `/kubelet/kubepods/burstable/${STATIC_POD}/5f1c` },
  { driver: 'systemd, below a root of its own', config: 'cgroupRoot: "/kubelet"\n', cgroup: `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-${STATIC_POD}.slice/cri-containerd-5f1c.scope` },
]) {
  test(`the member is known by its cgroup: ${driver}`, async (context) => {
    const made = emptyHost(context);
    made.put('/var/lib/kubelet/config.yaml', `kind: KubeletConfiguration\n${config}`);
    showEtcd(made, { cgroup });
    assert.match((await readEtcd(made)).stdout, /^members \{"header"/m);
  });
}

test('one of several hierarchies of cgroups is enough, as with version 1', async (context) => {
  const made = emptyHost(context);
  const pid = showEtcd(made);
  made.put(`/proc/${pid}/cgroup`, `12:pids:/kubepods/burstable/${STATIC_POD}/5f1c\n1:name=systemd:/kubepods/burstable/${STATIC_POD}/5f1c\n0::/\n`);
  assert.match((await readEtcd(made)).stdout, /^members \{"header"/m);
});

test('the static pod is read where the kubelet reads it', async (context) => {
  const made = emptyHost(context);
  made.put('/var/lib/kubelet/config.yaml', 'kind: KubeletConfiguration\nstaticPodPath: /srv/static/\n');
  made.put('/srv/static/etcd.yaml', etcdManifest().replaceAll('/var/lib/etcd', '/srv/etcd'));
  stranger(made, {});
  showEtcd(made, { args: ETCD_FLAGS.map((flag) => flag.replace('/var/lib/etcd', '/srv/etcd')) });
  assert.match((await readEtcd(made)).stdout, /^members \{"header"/m);
  assert.equal(made.get('stranger'), null);
});

for (const { rule, manifest, says } of [
  { rule: 'without a static pod of etcd', manifest: null, says: /this host has no static pod of etcd: .*etcd\.yaml is not there/ },
  { rule: 'whose static pod does not say its data folder', manifest: 'spec: {containers: [{command: [etcd]}]}\n', says: /etcd\.yaml does not say --data-dir/ },
]) {
  test(`a host ${rule} is told so, and no etcd on it is asked`, async (context) => {
    const made = emptyHost(context);
    if (manifest === null) rmSync(join(made.root, MANIFEST));
    else made.put(MANIFEST, manifest);
    stranger(made, {});
    const result = await readEtcd(made);
    assert.equal(result.exitCode, 3);
    assert.match(result.stderr, says);
    assert.equal(made.get('stranger'), null);
  });
}

/** How etcdctl was called. */
async function asked(made: FakeHost, flags: readonly string[]): Promise<string> {
  made.put(MANIFEST, etcdManifest(flags));
  const pid = showEtcd(made, { args: flags });
  giveTools(made, pid, `echo "$*" >> "$STATE/asked"; exec sh "$DOUBLES/etcdctl" "$@"`);
  const result = await readEtcd(made);
  assert.match(result.stdout, /^members \{"header"/m, result.stderr);
  return (made.get('asked') ?? '').replaceAll(made.root, '').replaceAll(/\/proc\/self\/fd\/\d\/root/g, 'CONTAINER');
}

const without = (name: string): readonly string[] => ETCD_FLAGS.filter((flag) => !flag.startsWith(`--${name}=`));

for (const { listens, at } of [
  { listens: 'https://127.0.0.1:2379,https://10.0.0.1:2379', at: 'https://127.0.0.1:2379' },
  { listens: 'https://[::1]:2379,https://[fd00:10::11]:2379', at: 'https://[::1]:2379' },
  { listens: 'https://[fd00:10::11]:2379,https://[::1]:2379', at: 'https://[::1]:2379' },
  { listens: 'https://10.0.0.1:12379', at: 'https://10.0.0.1:12379' },
  { listens: 'https://[fd00:10::11]:2379', at: 'https://[fd00:10::11]:2379' },
  { listens: 'https://0.0.0.0:4001', at: 'https://127.0.0.1:4001' },
  { listens: 'https://[::]:4001', at: 'https://[::1]:4001' },
  { listens: 'https://localhost:2379', at: 'https://localhost:2379' },
]) {
  test(`a member that listens on ${listens} is asked at ${at}`, async (context) => {
    const said = await asked(emptyHost(context), [...without('listen-client-urls'), `--listen-client-urls=${listens}`]);
    assert.ok(said.split('\n').filter((line) => line !== '').every((line) => line.startsWith(`--endpoints ${at} `)), said);
  });
}

for (const { name, files, folder, args } of [
  { name: 'healthcheck-client before the others', files: ['ca.crt', 'server.crt', 'server.key', 'healthcheck-client.crt', 'healthcheck-client.key'], folder: '/etc/kubernetes/pki/etcd', args: '--cacert FOLDER/ca.crt --cert FOLDER/healthcheck-client.crt --key FOLDER/healthcheck-client.key' },
  { name: 'server where there is no other', files: ['ca.crt', 'server.crt', 'server.key'], folder: '/etc/kubernetes/pki/etcd', args: '--cacert FOLDER/ca.crt --cert FOLDER/server.crt --key FOLDER/server.key' },
  { name: 'apiserver-etcd-client where there is no other', files: ['ca.crt', '../apiserver-etcd-client.crt', '../apiserver-etcd-client.key'], folder: '/etc/kubernetes/pki/etcd', args: '--cacert FOLDER/ca.crt --cert /etc/kubernetes/pki/apiserver-etcd-client.crt --key /etc/kubernetes/pki/apiserver-etcd-client.key' },
  { name: 'healthcheck-client only with its key', files: ['ca.crt', 'healthcheck-client.crt', 'server.crt', 'server.key'], folder: '/etc/kubernetes/pki/etcd', args: '--cacert FOLDER/ca.crt --cert FOLDER/server.crt --key FOLDER/server.key' },
  { name: 'those of another certificatesDir', files: ['ca.crt', 'healthcheck-client.crt', 'healthcheck-client.key'], folder: '/srv/pki/etcd', args: '--cacert FOLDER/ca.crt --cert FOLDER/healthcheck-client.crt --key FOLDER/healthcheck-client.key' },
]) {
  test(`the member is asked with ${name}`, async (context) => {
    const made = emptyHost(context);
    rmSync(join(made.root, 'etc/kubernetes/pki'), { recursive: true });
    for (const file of files) made.put(join(folder, file), `${file}\n`);
    const said = await asked(made, ETCD_FLAGS.map((flag) => flag.replace('/etc/kubernetes/pki/etcd', folder)));
    assert.match(said, new RegExp(`^--endpoints \\S+ ${args.replaceAll('FOLDER', folder)} --dial-timeout`));
  });
}

test('certificates that the container has at another path than the host are the container\'s', async (context) => {
  const made = emptyHost(context);
  const pid = 5_000_001;
  for (const name of ['ca.crt', 'healthcheck-client.crt', 'healthcheck-client.key']) made.put(`/proc/${pid}/root/etc/kubernetes/pki/etcd/${name}`, 'of the container\n');
  assert.match(await asked(made, ETCD_FLAGS), /--cacert CONTAINER\/etc\/kubernetes\/pki\/etcd\/ca\.crt --cert CONTAINER\/etc\S*client\.crt --key CONTAINER/);
});

test('a member whose client certificates are not there says where they were looked for', async (context) => {
  const made = emptyHost(context);
  rmSync(join(made.root, 'etc/kubernetes/pki/etcd/healthcheck-client.key'));
  showEtcd(made);
  assert.match((await readEtcd(made)).stderr, /neither healthcheck-client, server nor apiserver-etcd-client, with its key, in \/etc\/kubernetes\/pki\/etcd or above it\nnext: .*kubeadm init phase certs etcd-healthcheck-client/);
});

test('an image without tools is named as such, with what to do', async (context) => {
  const made = emptyHost(context);
  showEtcd(made, {}, []);
  const result = await readEtcd(made);
  assert.equal(result.exitCode, 1);
  assert.match(result.stderr, /error: the etcd container of this host has no etcdctl\nnext: Use an etcd image that carries etcdctl and etcdutl/);
});

for (const { rule, change, says } of [
  { rule: 'may be written by others', change: (tool: string) => { chmodSync(tool, 0o757); }, says: /can be written by others than its owner \(mode 757\): it is not run as root/ },
  { rule: 'lies in a folder that its group may write', change: (tool: string) => { chmodSync(join(tool, '..'), 0o775); }, says: /can be written by others than its owner \(mode 775\)/ },
  { rule: 'lies below a folder that all may write', change: (tool: string) => { chmodSync(join(tool, '../..'), 0o1777); }, says: /can be written by others than its owner \(mode 1777\)/ },
  { rule: 'is a link to somewhere else', change: (tool: string) => { rmSync(tool); symlinkSync('/bin/echo', tool); }, says: /is a symbolic link: it is not run as root/ },
]) {
  test(`a tool that ${rule} is not run`, async (context) => {
    const made = emptyHost(context);
    const pid = stranger(made, {});
    change(join(made.root, 'proc', String(pid), 'root/usr/local/bin/etcdctl'));
    const result = await readEtcd(made);
    assert.equal(result.exitCode, 1);
    assert.match(result.stderr, says);
    assert.equal(made.get('stranger'), null);
  });
}

test('a tool of another user than root is not run', async (context) => {
  const made = emptyHost(context);
  const pid = stranger(made, {});
  // In tests whoever runs them is root: here somebody else is.
  const id = join(made.root, '../bin/id');
  rmSync(id);
  writeFileSync(id, '#!/bin/sh\necho 4711\n', { mode: 0o755 });
  const owner = statSync(join(made.root, 'proc', String(pid), 'root/usr/local/bin/etcdctl')).uid;
  assert.match((await readEtcd(made)).stderr, new RegExp(`belongs to user ${owner}, or a folder above it does: it is not run as root`));
  assert.equal(made.get('stranger'), null);
});

test('a folder of tools that leads out of the container is passed over', async (context) => {
  const made = emptyHost(context);
  const pid = showEtcd(made, {}, []);
  rmSync(join(made.root, 'proc', String(pid), 'root/usr'), { recursive: true });
  mkdirSync(join(made.root, 'tmp/usr/local/bin'), { recursive: true });
  writeFileSync(join(made.root, 'tmp/usr/local/bin/etcdctl'), '#!/bin/sh\necho ran >> "$STATE/stranger"\n', { mode: 0o755 });
  symlinkSync(join(made.root, 'tmp/usr'), join(made.root, 'proc', String(pid), 'root/usr'));
  assert.match((await readEtcd(made)).stderr, /has no etcdctl/);
  assert.equal(made.get('stranger'), null);
});

for (const [name, script] of Object.entries({
  'hand over leadership': SCRIPTS.moveEtcdLeader, 'be snapshot': SCRIPTS.snapshotEtcd, 'give its keys': SCRIPTS.listKeys, 'give etcdutl to a record': SCRIPTS.recordControlPlane,
})) {
  test(`no stranger is asked to ${name}`, async (context) => {
    const made = emptyHost(context);
    stranger(made, { cgroup: `/kubepods/burstable/${API_POD}/5f1c` });
    const result = await made.hosts.probe(NODE, script, ['/var/lib/capstan/x', 'u1', '3']);
    assert.match(result.stderr, /no etcd process of this host is the member/);
    assert.notEqual(result.exitCode, 0);
    assert.equal(made.get('stranger'), null);
  });
}

test('what etcdctl says last is in the message', async (context) => {
  const made = withEtcd(fakeHost('apt'), { leader: 'cp1', versions: { cp1: '3.5.24' } });
  context.after(() => made.remove());
  giveTools(made, 5_000_001, 'echo \'{"level":"warn","msg":"retrying"}\' >&2; echo "Error: context deadline exceeded" >&2; exit 1');
  assert.match((await readEtcd(made)).stderr, /Error: context deadline exceeded/);
});
