import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { test } from 'node:test';
import ssh2 from 'ssh2';
import type { ClientChannel, ServerChannel } from 'ssh2';
import { pipeProcess } from '../../../simulator/hosts/pipe-process.ts';
import { newPrivateKey } from '../../../simulator/hosts/ssh-keys.ts';

/** A process whose outputs the test writes. */
class OwnProcess extends EventEmitter {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
}

test('both outputs and the exit code arrive where both wait for a client that reads late', { timeout: 60_000 }, async () => {
  const child = new OwnProcess();
  const server = new ssh2.Server({ hostKeys: [newPrivateKey()] }, (connection) => {
    connection.on('authentication', (request) => request.accept());
    connection.on('session', (accept) => accept().on('exec', (acceptExec) => {
      const channel: ServerChannel = acceptExec();
      pipeProcess(child, channel);
    }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address: AddressInfo | string | null = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const client = new ssh2.Client();
  try {
    client.connect({ host: '127.0.0.1', port: address.port, username: 'anybody', password: '' });
    await once(client, 'ready');
    const channel = await new Promise<ClientChannel>((resolve, reject) => {
      client.exec('anything', (error, opened) => (error === undefined ? resolve(opened) : reject(error)));
    });
    // More than a window of 2 MiB: the rest waits for the client, and so does what comes after.
    const sent = Buffer.alloc(5 * 1024 * 1024, 'x');
    child.stdout.write(sent);
    child.stderr.write('once\n');
    child.stdout.end();
    child.stderr.end();
    const exit = once(channel, 'exit');
    const [output, errors] = [buffer(channel), text(channel.stderr)];
    await Promise.all([once(child.stdout, 'end'), once(child.stderr, 'end')]);
    child.emit('close', 3, null);
    assert.equal((await output).equals(sent), true);
    assert.equal(await errors, 'once\n');
    assert.deepEqual((await exit)[0], 3);
  } finally {
    client.end();
    server.close();
  }
});
