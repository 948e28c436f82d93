import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upgradeId } from '../../workflows/messages.ts';

test('two upgrades that begin in the same minute have folders of their own on the hosts', () => {
  // Run ids of Temporal are UUIDs of version 7 (RFC 9562): the first 48 bits are the time, of which 32 last for a minute.
  const [first, second] = ['01a1ffef-3a07-7b0e-9d1c-5b8e4f2a6c31', '01a1ffef-a55f-7c44-8a3e-12f09be7d644'].map((run) => upgradeId('prod', 'v1.34.4', run));

  assert.notEqual(first, second);
  assert.match(first ?? '', /^prod-v1\.34\.4-[0-9a-f]{8}$/);
});
