/** What any local user can start on a real machine, put before the real script and the real /proc. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { SCRIPTS } from '../../activities/hosts/scripts/index.ts';
import { until } from '../support/until.ts';

const FLAGS = ['--name=cp1', '--data-dir=/var/lib/etcd', '--initial-advertise-peer-urls=https://10.0.0.1:2380', '--listen-client-urls=https://127.0.0.1:2379'];
const NOBODY = 65534;

/** The user that a stranger is: nobody where the tests run as root, else whoever runs them. */
const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

function scratch(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-stranger-'));
  chmodSync(folder, 0o755);
  context.after(() => { rmSync(folder, { recursive: true, force: true }); });
  return folder;
}

/** A host with a static pod of etcd; whose processes are those of this machine. */
function host(context: TestContext): string {
  const root = scratch(context);
  mkdirSync(join(root, 'etc/kubernetes/manifests'), { recursive: true });
  writeFileSync(join(root, 'etc/kubernetes/manifests/etcd.yaml'), `  - command:\n    - etcd\n${FLAGS.map((flag) => `    - ${flag}\n`).join('')}`);
  for (const name of ['ca.crt', 'healthcheck-client.crt', 'healthcheck-client.key']) {
    mkdirSync(join(root, 'etc/kubernetes/pki/etcd'), { recursive: true });
    writeFileSync(join(root, 'etc/kubernetes/pki/etcd', name), '');
  }
  return root;
}

/** A folder with a program called etcd, and tools that tell who ran them. */
function jail(context: TestContext): { readonly folder: string; readonly ran: string } {
  const folder = scratch(context);
  const shell = realpathSync('/bin/sh');
  const libraries = execFileSync('ldd', [shell], { encoding: 'utf8' }).split('\n').flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);
  for (const library of libraries) {
    mkdirSync(join(folder, dirname(library)), { recursive: true, mode: 0o755 });
    copyFileSync(library, join(folder, library));
  }
  for (const part of ['bin', 'usr/local/bin']) mkdirSync(join(folder, part), { recursive: true, mode: 0o755 });
  copyFileSync(shell, join(folder, 'bin/etcd'));
  chmodSync(join(folder, 'bin/etcd'), 0o755);
  const ran = join(folder, 'ran');
  for (const tool of ['etcdctl', 'etcdutl']) writeFileSync(join(folder, 'usr/local/bin', tool), `#!/bin/sh\nid -u >> '${ran}'\necho '{}'\n`, { mode: 0o755 });
  return { folder, ran };
}

/** Starts it, and waits until it shows as a process called etcd with the member's command line. */
async function start(context: TestContext, program: string, args: readonly string[], options: { readonly uid?: number; readonly gid?: number }): Promise<number> {
  const child = spawn(program, [...args, '-c', 'read line', 'etcd', ...FLAGS], { ...options, stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = new Promise((resolve) => { child.once('exit', resolve); });
  context.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const pid = child.pid ?? 0;
  await until('an etcd shows', () => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'etcd\n');
  return pid;
}

function readEtcd(root: string): { readonly stdout: string; readonly stderr: string; readonly status: number | null } {
  return spawnSync('/bin/sh', ['-c', SCRIPTS.readEtcd.text], { env: { PATH: process.env['PATH'] ?? '', CAPSTAN_ROOT: root }, encoding: 'utf8', timeout: 60_000 });
}

test('a process called etcd that is root in a namespace and a root folder of its own is not the member, and its tools do not run', async (context) => {
  const { folder, ran } = jail(context);
  // Where the kernel gives users no namespaces, the same process of a user without one.
  const mayUnshare = spawnSync('unshare', ['-Ur', 'true'], user).status === 0;
  const pid = mayUnshare
    ? await start(context, 'unshare', ['-Ur', 'chroot', folder, '/bin/etcd'], user)
    : await start(context, join(folder, 'bin/etcd'), [], user);

  const { stderr, status } = readEtcd(host(context));

  assert.equal(status, 3, stderr);
  assert.match(stderr, new RegExp(`no etcd process of this host is the member of /etc/kubernetes/manifests/etcd\\.yaml: .*${pid} \\(`));
  assert.equal(existsSync(ran), false);
});

test('a process called etcd of whoever runs the script, root included, is not the member outside of a static pod', async (context) => {
  const { folder, ran } = jail(context);
  const pid = await start(context, join(folder, 'bin/etcd'), [], {});

  const { stderr, status } = readEtcd(host(context));

  assert.equal(status, 3, stderr);
  assert.match(stderr, new RegExp(`${pid} \\(\\S*etcd `));
  assert.equal(existsSync(ran), false);
});
