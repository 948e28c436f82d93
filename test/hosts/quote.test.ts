import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { quote, quoteAll } from '../../activities/hosts/quote.ts';

const word = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^[ '"\\$`\n\t;&|<>*?[\]{}()!#~=%-]*$/),
).filter((text) => !text.includes('\0'));

test('every word reaches a real shell exactly as it is', () => {
  fc.assert(fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
    const printed = execFileSync('sh', ['-s'], { input: `printf '%s\\0' ${quoteAll(words)}\n` });
    assert.deepEqual(printed, Buffer.from(`${words.join('\0')}\0`));
  }), { numRuns: 60 });
});

test('words quoted twice survive a file and an eval', () => {
  fc.assert(fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
    const input = `arguments=${quote(quoteAll(words))}\neval "set -- $arguments"\nprintf '%s\\0' "$@"\n`;
    assert.deepEqual(execFileSync('sh', ['-s'], { input }), Buffer.from(`${words.join('\0')}\0`));
  }), { numRuns: 40 });
});

test('a NUL character is refused, since no shell word can hold it', () => {
  assert.throws(() => quote('a\0b'), RangeError);
});
