import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gateProblems } from '../../activities/etcd/gate.ts';
import { nextLeader } from '../../activities/etcd/leadership.ts';
import { etcdObservation, parseEtcdDocuments } from '../../activities/etcd/parse-etcd.ts';
import { readEtcd } from '../../activities/etcd/read-etcd.ts';
import { waitForGate } from '../../activities/etcd/wait-gate.ts';
import { etcdUpgradeFindings } from '../../activities/preflight/host-etcd-checks.ts';
import type { EtcdMemberObservation, EtcdObservation } from '../../workflows/domain/observation.ts';
import { failureOf, runActivity } from '../support/run-activity.ts';
import { hexIdOf, setEtcd } from './etcd-double.ts';
import { AT_35, MEMBERS, NAMES, etcdHost as host } from './etcd-host.ts';

function member(name: string, change: Partial<EtcdMemberObservation> = {}): EtcdMemberObservation {
  return { id: name, name, node: name, version: '3.5.24', leader: name === 'cp1', learner: false, healthy: true, dbSize: 1, ...change };
}

function etcd(members: readonly EtcdMemberObservation[], alarms: readonly string[] = []): EtcdObservation {
  return { kind: 'stacked', members, alarms };
}

const WHOLE = NAMES.map((name) => member(name));

for (const { name, observation, expected = NAMES, acceptOutage = false, problem } of [
  { name: 'opens for three healthy members', observation: etcd(WHOLE), problem: null },
  { name: 'is shut while a member is not healthy', observation: etcd([...WHOLE.slice(0, 2), member('cp3', { healthy: false })]), problem: /member cp3 is not healthy/ },
  { name: 'is shut while a member is a learner', observation: etcd([...WHOLE.slice(0, 2), member('cp3', { learner: true })]), problem: /member cp3 is a learner/ },
  { name: 'is shut while an alarm is set', observation: etcd(WHOLE, ['NOSPACE (member 1)']), problem: /the alarm NOSPACE/ },
  { name: 'is shut while a member is missing', observation: etcd(WHOLE.slice(0, 2)), problem: /node cp3 has no etcd member/ },
  { name: 'is shut for a member that no node carries', observation: etcd([...WHOLE, member('old')]), problem: /member old belongs to no node/ },
  { name: 'is shut while nobody leads', observation: etcd(WHOLE.map((each) => ({ ...each, leader: false }))), problem: /no leader/ },
  { name: 'is shut where two members would lose quorum', observation: etcd(WHOLE.slice(0, 2)), expected: ['cp1', 'cp2'], problem: /quorum \(2\) does not survive/ },
  { name: 'is shut where one member would lose quorum', observation: etcd(WHOLE.slice(0, 1)), expected: ['cp1'], problem: /quorum \(1\) does not survive/ },
  { name: 'opens for one member where the outage is accepted', observation: etcd(WHOLE.slice(0, 1)), expected: ['cp1'], acceptOutage: true, problem: null },
  { name: 'waits for full health even where the outage is accepted', observation: etcd([member('cp1', { healthy: false })]), expected: ['cp1'], acceptOutage: true, problem: /not healthy/ },
]) {
  test(`the gate ${name}`, () => {
    const problems = gateProblems(observation, { expected, acceptOutage });
    if (problem === null) assert.deepEqual(problems, []);
    else assert.match(problems.join('; '), problem);
  });
}

test('ids of 64 bits are read without rounding', async (context) => {
  const observation = await readEtcd(host(context).hosts, MEMBERS);
  assert.deepEqual(observation.members.map(({ id, node, version, leader, healthy }) => ({ id, node, version, leader, healthy })), NAMES.map((name) => ({
    id: hexIdOf(name), node: name, version: '3.5.24', leader: name === 'cp2', healthy: true,
  })));
});

test('alarms that could not be read count as an alarm', () => {
  const observation = etcdObservation(parseEtcdDocuments('members {"members":[{"ID":1,"name":"cp1","clientURLs":[]}]}\nalarms \n'), new Map());
  assert.match(observation?.alarms[0] ?? '', /could not be read/);
});

test('an alarm is read with its member', async (context) => {
  const made = host(context);
  setEtcd(made, { leader: 'cp1', versions: AT_35, alarm: 'CORRUPT' });
  const observation = await readEtcd(made.hosts, MEMBERS);
  assert.deepEqual(observation.alarms, [`CORRUPT (member ${hexIdOf('cp1')})`]);
});

test('a host without a running member says so', async (context) => {
  const made = host(context);
  made.set('runs-etcd', null);
  const failure = await failureOf(readEtcd(made.hosts, MEMBERS));
  assert.equal(failure.permanent, false);
  assert.match(failure.message, /cp1: no etcd process runs on this host; cp2/);
});

test('the next leader is a healthy follower, one already upgraded before others', () => {
  const members = [member('cp1'), member('cp2', { version: '3.6.5', healthy: false }), member('cp3'), member('cp4', { version: '3.6.5' })];
  assert.equal(nextLeader(etcd(members), 'cp1')?.name, 'cp4');
  assert.equal(nextLeader(etcd([member('cp1')]), 'cp1'), null);
});

test('a gate that does not open in its time says what is missing', async (context) => {
  const made = host(context);
  setEtcd(made, { leader: 'cp2', versions: AT_35, unhealthy: ['cp3'] });
  let clock = 0;
  const wait = () => waitForGate({ hosts: made.hosts, node: 'cp1', members: MEMBERS, acceptOutage: false, elapsedMs: () => (clock += 200_000), signal: AbortSignal.timeout(60_000) });

  const running = runActivity(wait, undefined);
  const failure = await failureOf(running.result);

  assert.equal(failure.type, 'GateTimeout');
  assert.match(failure.message, /for cp1 did not open within 300 s: etcd member cp3 is not healthy; with 2 of 3/);
});

for (const { version, target, severity } of [
  { version: '3.5.19', target: '3.6.5-0', severity: 'block' },
  { version: '3.5.24', target: '3.6.5-0', severity: 'warn' },
  { version: '3.5.26', target: '3.6.5-0', severity: 'info' },
]) {
  test(`etcd ${version} to ${target}: ${severity}`, () => {
    const findings = etcdUpgradeFindings(etcd([member('cp1', { version })]), [`registry.k8s.io/etcd:${target}`]);
    assert.deepEqual(findings.map((finding) => finding.severity), [severity]);
  });
}

test('etcd within 3.5 needs no word', () => {
  assert.deepEqual(etcdUpgradeFindings(etcd([member('cp1', { version: '3.5.15' })]), ['registry.k8s.io/etcd:3.5.24-0']), []);
});
