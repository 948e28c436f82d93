import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { markOf as taskOf, withNodes } from './ansible.ts';
import { timesOf } from './contender.ts';
import type { LabRun } from './contender.ts';
import { figuresOf } from './figures.ts';
import { followOutput } from './follow-output.ts';
import { readOnly } from './main.ts';
import { markOf } from './runbook.ts';

const NO_PROBES = { sent: 100, failed: 0, failures: [], median: 1, p99: 2, longest: 3 };

function run(contender: LabRun['contender'], wallSeconds: number, nodeSeconds: number, failed: number): LabRun {
  const nodes = ['cp1', 'cp2', 'w1'].map((node) => ({ node, seconds: nodeSeconds, kubeadmSeconds: nodeSeconds / 2 }));
  const downtimes = nodes.map(({ node }) => ({ node, seconds: 10 }));
  return { contender, startedAt: '2026-01-01T00:00:00.000Z', commit: 'abc', wallSeconds, load: 1, nodes, downtimes, api: { ...NO_PROBES, failed }, service: NO_PROBES };
}

describe('times of a contender', () => {
  test('a step lasts until the next one begins, whosever that is', () => {
    const at = (node: string, step: string, seconds: number) => ({ node, step, atMs: seconds * 1000 });
    const marks = [at('cp1', 'kubeadm package', 0), at('cp1', 'kubeadm upgrade plan', 2), at('cp1', 'kubeadm upgrade apply', 6), at('cp1', 'drain', 100), at('w1', 'drain', 110), at('', 'end', 150)];
    assert.deepEqual(timesOf(marks), [{ node: 'cp1', seconds: 110, kubeadmSeconds: 94 }, { node: 'w1', seconds: 40, kubeadmSeconds: 0 }]);
  });

  test('the runbook names node and step', () => {
    assert.deepEqual(markOf('step cp1 kubeadm upgrade apply'), { node: 'cp1', step: 'kubeadm upgrade apply' });
    assert.deepEqual(markOf('step - end'), { node: '', step: 'end' });
    assert.equal(markOf('[upgrade] step by step'), null);
  });

  test('each run of the tasks of the playbook is the next node\'s', () => {
    const lines = ['kubeadm package', 'drain', 'kubeadm package', 'drain', 'add-ons'].map((name) => `TASK [${name}] ${'*'.repeat(40)}`);
    const marks = lines.flatMap((line) => taskOf(line) ?? []).map((mark) => ({ ...mark, atMs: 0 }));
    assert.deepEqual(withNodes(marks, { controlPlanes: ['cp1'], workers: ['w1'] }).map(({ node }) => node), ['cp1', 'cp1', 'w1', 'w1', '']);
  });
});

describe('output of a contender', () => {
  const mark = (line: string): ReturnType<typeof markOf> => markOf(line);

  test('its steps are noted, and its end', async () => {
    const marks = await followOutput('sh', ['-c', 'echo step cp1 drain; echo else'], {}, mark, () => undefined);
    assert.deepEqual(marks.map(({ node, step }) => [node, step]), [['cp1', 'drain'], ['', 'end']]);
  });

  test('one that stands still is ended, and what it said last is told', async () => {
    await assert.rejects(followOutput('sh', ['-c', 'echo step cp1 drain; exec sleep 1000'], {}, mark, () => undefined, 500), /ended with null because it said nothing for 1 s:\nstep cp1 drain/);
  });
});

describe('comparison of contenders', () => {
  test('targets compare with the rivals, on control-plane nodes alone where they say so', () => {
    const figures = figuresOf([run('capstan', 400, 90, 5), run('runbook', 600, 180, 80), run('ansible', 390, 190, 90)], ['cp1', 'cp2']);
    const targets = figures.filter(({ target }) => target !== null).map(({ value, met }) => [value, met]);
    assert.deepEqual(targets, [[0.5, true], [5, true], [0.667, true], [1.026, false]]);
  });

  test('nothing is compared with a rival that was never measured', () => {
    assert.ok(figuresOf([run('capstan', 400, 90, 5)], ['cp1']).every(({ target }) => target === null));
  });

  test('an unknown contender is refused with those that there are', () => {
    assert.deepEqual(readOnly([]), ['capstan', 'runbook', 'ansible']);
    assert.throws(() => readOnly(['kubespray']), /--only kubespray: name some of capstan, runbook, ansible/);
  });
});
