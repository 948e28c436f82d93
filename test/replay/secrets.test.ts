import assert from 'node:assert/strict';
import { hostname, userInfo } from 'node:os';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { findSecrets } from './find-secrets.ts';
import { keptHistories, readHistory } from './histories.ts';

function payload(value: unknown, encoding = 'json/plain'): unknown {
  const json = Buffer.from(JSON.stringify(value));
  return { payloads: [{ metadata: { encoding: Buffer.from(encoding).toString('base64') }, data: (encoding === 'binary/gzip' ? gzipSync(json) : json).toString('base64') }] };
}

describe('kept histories', async () => {
  for (const name of await keptHistories()) {
    it(`hold no secret, and nothing of who recorded them: ${name}`, async () => {
      const history = await readHistory(name);
      const text = JSON.stringify(history);

      assert.deepEqual(findSecrets(history), []);
      assert.ok(!text.includes(`@${hostname()}`) && !text.includes(`${userInfo().username}@`));
    });
  }

  const planted = [
    ['a private key', { key: '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn' }],
    ['a kubeconfig', { text: 'users:\n- user: {client-key-data: LS0t}' }],
    ['a join token of kubeadm', { log: 'kubeadm join --token abcdef.0123456789abcdef' }],
    ['a token', { log: 'Authorization: Bearer abc' }],
    ['a password', { password: 'hunter2' }],
    ['a key in the place of a reference', { access: { ssh: { privateKey: 'MIIE' } } }],
  ] as const;
  for (const [what, value] of planted) {
    for (const encoding of ['json/plain', 'binary/gzip']) {
      it(`would be refused with ${what} in a payload of ${encoding}`, () => {
        assert.notDeepEqual(findSecrets({ events: [{ input: payload(value, encoding) }] }), []);
      });
    }
  }

  it('may name files and variables that hold secrets', () => {
    assert.deepEqual(findSecrets({ events: [{ input: payload({ access: { kubeconfig: { file: '/k' }, ssh: { privateKey: { env: 'KEY' } } } }) }] }), []);
  });
});
