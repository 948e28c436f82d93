import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import fc from 'fast-check';
import { knownSecrets, rememberSecret } from '../../activities/redaction/known-secrets.ts';
import { fromFirstLine, lastLine } from '../../activities/redaction/last-line.ts';
import { redactedError, redactedText, redactedValue } from '../../activities/redaction/redacted.ts';
import { lastLines } from '../../activities/durable-step.ts';
import { HIDDEN } from '../../workflows/domain/redact.ts';
import { stepError } from '../../activities/step-error.ts';

const SECRET = 'CANARYxq7Zt9';

test('message, stack, details and the whole chain of causes of a failure lose their secrets, and it keeps its class', () => {
  const root = new TypeError(`token=${SECRET}`);
  const middle = new Error(`password: ${SECRET}`, { cause: root });
  const failure = ApplicationFailure.create({ message: `https://u:${SECRET}@h/x`, type: 'HostStepFailed', nonRetryable: true, details: [{ message: `Authorization: Bearer ${SECRET}`, next: `--token ${SECRET}` }], cause: middle });
  const clean = redactedError(failure);
  assert.equal(clean, failure);
  assert.ok(clean instanceof ApplicationFailure);
  assert.deepEqual([clean.type, clean.nonRetryable], ['HostStepFailed', true]);
  const chain = [clean, clean.cause, middle.cause];
  for (const error of chain) assert.ok(error instanceof Error && !`${error.message}${error.stack}`.includes(SECRET));
  assert.ok(!JSON.stringify(clean.details).includes(SECRET));
});

test('errors of other kinds lose their secrets too: several in one, a loop of causes, one that cannot be changed, no error at all', () => {
  const several = redactedError(new AggregateError([new Error(`token=${SECRET}`)], `password=${SECRET}`));
  assert.ok(several instanceof AggregateError && !`${several.message}${String(several.errors)}`.includes(SECRET));
  const loop = new Error(`token=${SECRET}`);
  loop.cause = loop;
  redactedError(loop);
  assert.ok(!loop.message.includes(SECRET));
  const frozen = redactedError(Object.freeze(new Error(`token=${SECRET}`)));
  assert.ok(frozen instanceof Error && !frozen.message.includes(SECRET));
  const abort = redactedError(new DOMException(`token=${SECRET}`, 'AbortError'));
  assert.ok(abort instanceof Error && !abort.message.includes(SECRET));
  assert.equal(redactedError(`token=${SECRET}`), 'token=[redacted]');
  const cancelled = new CancelledFailure('CANCELLED');
  assert.equal(redactedError(cancelled), cancelled);
});

test('results lose secrets in their texts and under names of secrets; what plans are carried out by stays', () => {
  const kept = { name: 'worker-1.example.com', short: 'node01.internal7corp', hash: 'a1'.repeat(32), to: 'v1.34.4', changed: true, list: [1, null, 'worker-1'], file: '/var/lib/capstan/prod-v1.34.4-1a2b3c4d/etcd.db' };
  assert.deepEqual(redactedValue(kept), kept);
  const clean = redactedValue({ note: `said token=${SECRET} and more`, deep: [{ clientSecret: SECRET, 'client-key-data': SECRET, apiToken: '' }], when: null });
  assert.deepEqual(clean, { note: 'said token=[redacted] and more', deep: [{ clientSecret: '[redacted]', 'client-key-data': '[redacted]', apiToken: '' }], when: null });
  let deep: unknown = `token=${SECRET}`;
  for (let level = 0; level < 10_000; level += 1) deep = { deep };
  assert.ok(!JSON.stringify(redactedValue(deep)).includes(SECRET));
});

test('a secret that the worker has read is hidden in every form in which programs repeat it', () => {
  const secret = 'zy"x w%v\nsecondline99';
  rememberSecret(secret);
  for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret), Buffer.from(secret).toString('base64'), 'said zy"x w%v', 'said secondline99']) {
    assert.ok(!/zy|secondline99|eSJ4/.test(redactedText(`said ${form} there`)), redactedText(form));
  }
  rememberSecret('short');
  assert.equal(redactedText('a short word'), 'a short word');
});

test('a text that looks like an identifier stays, but for secrets that the worker has read and the form of a bootstrap token', () => {
  rememberSecret('hunter2-of-ops');
  rememberSecret('kubernetes');
  const given = ['hunter2-of-ops', 'user/hunter2-of-ops', 'abcdef.0123456789abcdef', 'tokens/abcdef.0123456789abcdef', 'kubernetes', 'kubernetes/admin.conf', 'worker-1.example.com', 'a1'.repeat(32)];
  assert.deepEqual(redactedValue(given), [HIDDEN, `user/${HIDDEN}`, HIDDEN, `tokens/${HIDDEN}`, HIDDEN, ...given.slice(5)]);
});

test('secrets that are replaced every minute for a year do not fill the memory', () => {
  for (let index = 0; index < 10_000; index += 1) rememberSecret(`rotated-credential-${index}`);
  assert.ok(knownSecrets().length <= 2_000);
  assert.equal(redactedText('the rotated-credential-9999 here'), 'the [redacted] here');
});

test('the tail of an output is redacted before it is cut, so that no half of a secret stays', () => {
  fc.assert(fc.property(fc.nat({ max: 2_100 }), fc.constantFrom(`https://deploy:${SECRET.repeat(3)}@repo.corp/x`, `password="${SECRET} ${SECRET}"`, `--token ${SECRET.repeat(2)}`), (after, text) => {
    assert.ok(!/CANARY|xq7Zt9/.test(lastLines(`first\n${text} ${'.'.repeat(after)}`)));
  }));
});

test('the last line of a stream has no secret, however the stream is cut and whatever line made it one', () => {
  const output = ['begin', '    token: |', `      ${SECRET}one`, `      ${SECRET}two`, `Authorization: Bearer ${SECRET}`, `E: https://me:${SECRET}@repo.corp/x 401`, 'end'].join('\n');
  fc.assert(fc.property(fc.array(fc.nat({ max: output.length }), { maxLength: 8 }), (cuts) => {
    const line = lastLine();
    let at = 0;
    for (const cut of [...cuts.toSorted((left, right) => left - right), output.length]) {
      line.push(output.slice(at, cut));
      at = cut;
      // A secret that has only begun may still be read by its place.
      assert.ok(!(line.read() ?? '').includes(SECRET));
    }
    assert.equal(line.read(), 'end');
  }));
  assert.equal(fromFirstLine('abc\ndef', 5), 'def');
  assert.equal(fromFirstLine('abc', 5), 'abc');
});

test('a failure made by stepError keeps type and next step', () => {
  const clean = redactedError(stepError('HostStepFailed', `it said passwd=${SECRET}`, 'see `capstan logs w1 stageNode`'));
  assert.ok(clean instanceof ApplicationFailure);
  assert.deepEqual(clean.details, [{ type: 'HostStepFailed', message: 'it said passwd=[redacted]', next: 'see `capstan logs w1 stageNode`' }]);
});

test('only two files reach Temporal, which redact every heartbeat', () => {
  const folder = new URL('../../activities/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const reaching = files.filter((file) => readFileSync(new URL(file, folder), 'utf8').includes("from '@temporalio/activity'"));
  assert.deepEqual(reaching.toSorted(), ['activity-context.ts', 'keep-beating.ts']);
});
