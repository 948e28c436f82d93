import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createSshHosts } from '../../activities/hosts/ssh-hosts.ts';
import type { SshHosts } from '../../activities/hosts/ssh-hosts.ts';
import type { Hosts } from '../../activities/hosts/port.ts';
import { failureTypeOf } from '../../activities/step-error.ts';
import { accessTo, startSshHost } from '../support/ssh-host.ts';
import type { SshHost } from '../support/ssh-host.ts';

let host: SshHost;
let ssh: SshHosts;
let hosts: Hosts;

before(async () => {
  host = await startSshHost();
  ssh = createSshHosts({ stateFolder: host.stateFolder });
  hosts = await ssh.openHosts(await accessTo(join(host.root, 'access'), [host]));
});

after(async () => {
  ssh.close();
  await host.stop();
});

test('bytes sent to a host and fetched again are the same, private on both sides', async () => {
  const content = randomBytes(3_000_000);
  const remote = join(host.root, "there/it's a file.db");
  const local = join(host.root, 'here/deep/copy.db');
  await hosts.upload(host.host, remote, content);
  assert.deepEqual(await readFile(remote), content);
  assert.equal((await stat(remote)).mode & 0o777, 0o600);
  const sha256 = createHash('sha256').update(content).digest('hex');
  assert.deepEqual(await hosts.download(host.host, remote, local), { sha256, bytes: content.length });
  assert.deepEqual(await readFile(local), content);
  assert.equal((await stat(local)).mode & 0o777, 0o600);
  assert.equal((await stat(join(host.root, 'here'))).mode & 0o777, 0o700);
  assert.deepEqual([await readdir(join(host.root, 'here/deep')), await readdir(join(host.root, 'there'))], [['copy.db'], ["it's a file.db"]]);
});

test('a file of the worker is sent without being read whole, and one that became another on the way never takes the place of the former', async () => {
  const content = randomBytes(3_000_000);
  const [local, remote] = [join(host.root, 'big.db'), join(host.root, 'sent/big.db')];
  await writeFile(local, content);
  await hosts.upload(host.host, remote, { file: local, sha256: createHash('sha256').update(content).digest('hex') });
  assert.deepEqual(await readFile(remote), content);

  await assert.rejects(hosts.upload(host.host, remote, { file: local, sha256: '0'.repeat(64) }), /was not received whole/);
  await assert.rejects(hosts.upload(host.host, remote, { file: join(host.root, 'nowhere.db'), sha256: '0'.repeat(64) }), /ENOENT/);
  assert.deepEqual(await readFile(remote), content);
});

test('an empty file is copied', async () => {
  await hosts.upload(host.host, join(host.root, 'empty'), new Uint8Array());
  assert.equal((await hosts.download(host.host, join(host.root, 'empty'), join(host.root, 'empty.copy'))).bytes, 0);
});

test('a file that the host does not have is named, and nothing is left behind here', async () => {
  await assert.rejects(hosts.download(host.host, '/no/such/file', join(host.root, 'none/file')), (error) => {
    assert.equal(failureTypeOf(error), 'FileMissing');
    assert.match(error instanceof Error ? error.message : '', /node-1 .*: there is no file \/no\/such\/file/);
    return true;
  });
  assert.deepEqual(await readdir(join(host.root, 'none')), []);
});

test('a file that cannot be written is an error that says why', async () => {
  await assert.rejects(hosts.upload(host.host, '/dev/null/file', new Uint8Array(1)), /could not be written: .*Not a directory|File exists/);
});
