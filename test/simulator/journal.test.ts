import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJournal } from '../../simulator/journal.ts';

test('a node that becomes Ready beside what its host still does has one journal, whichever comes first', () => {
  const [early, late] = [true, false].map((isEarly) => {
    const journal = createJournal();
    journal.record('w1', 'unit kubelet started', 'v1.34.4', 200);
    const becomes = journal.recordBeside('w1');
    if (isEarly) becomes('ready', 300);
    journal.record('w1', 'hold kubelet', '', 40);
    if (!isEarly) becomes('ready', 300);
    journal.recordAfterAll('w1', 'uncordoned');
    journal.record('w1', 'unit kubelet stopped', 'v1.34.4', 10);
    return journal.of('w1').map(({ effect, atMs }) => [effect, atMs]);
  });
  assert.deepEqual(early, [['unit kubelet started', 200], ['hold kubelet', 240], ['ready', 500], ['uncordoned', 500], ['unit kubelet stopped', 510]]);
  assert.deepEqual(late, early);
});
