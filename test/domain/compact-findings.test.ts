import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../workflows/domain/check.ts';
import type { CheckId } from '../../workflows/domain/checks.ts';
import { compactFindings } from '../../workflows/domain/compact-findings.ts';

function finding(severity: Finding['severity'], node: string | null, check: CheckId = 'host-access'): Finding {
  return { check, severity, node, message: 'x'.repeat(150), next: 'look' };
}

describe('findings in a history', () => {
  it('name a check that holds once, however many nodes it holds on', () => {
    const compact = compactFindings(Array.from({ length: 100 }, (_, index) => finding('info', `w${index}`)));

    assert.equal(compact.length, 1);
    assert.match(compact[0]?.message ?? '', /^holds on 100 nodes; w0: x/);
  });

  it('keep every check that holds, and every problem while there is room, blocks first', () => {
    const compact = compactFindings([finding('info', null, 'api-ready'), finding('warn', 'w1'), finding('info', 'w2'), finding('block', 'w3')]);

    assert.deepEqual(compact.map(({ severity, node }) => [severity, node]), [['block', 'w3'], ['warn', 'w1'], ['info', null], ['info', 'w2']]);
  });

  it('count what there is no room for, as severe as the first of it', () => {
    const compact = compactFindings(Array.from({ length: 1000 }, (_, index) => finding(index < 500 ? 'block' : 'warn', `w${index}`)));

    assert.ok(JSON.stringify(compact).length < 10_000);
    assert.equal(compact.at(-1)?.check, 'more-findings');
    assert.equal(compact.at(-1)?.severity, 'block');
    assert.match(compact.at(-1)?.message ?? '', new RegExp(`^${1000 - compact.length + 1} more findings`));
  });
});
